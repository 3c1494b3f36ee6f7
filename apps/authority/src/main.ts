import { runProcess } from '#platform';
import { loadNodeConfig } from '#node';
import { AUTHORITY_CONFIG } from './authority-config.ts';
import { startAuthority } from './start-authority.ts';

runProcess('authority', () => startAuthority(loadNodeConfig(AUTHORITY_CONFIG, process.env)));
