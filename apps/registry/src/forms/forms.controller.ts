import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '#access';
import type { FormSchema } from '#contracts';
import { HubError } from '#errors';
import { sha256Hex } from '#evidence';
import { ApiAnswer, ApiProblems, ZodBody, ZodParam } from '#platform';
import { RegistryLedger } from '../ledger/registry-ledger.ts';
import { ImportForms, type FormImport } from './import-forms.ts';

/** All files of a package together, decoded. */
const MAX_PACKAGE_BYTES = 10 * 1024 * 1024;
/** The same in base64, with the paths. */
const MAX_BODY_BYTES = 14 * 1024 * 1024;
const MAX_FILES = 2_000;

const packageFiles = z
  .array(
    z.strictObject({
      path: z
        .string()
        .max(255)
        .regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/)
        .describe('path inside the package, `/` between folders'),
      base64: z.base64(),
    }),
  )
  .min(1)
  .max(MAX_FILES);

const formName = { namespace: z.string(), root: z.string(), version: z.string() };
const imported = z.object({
  accepted: z.array(z.object({ ...formName, number: z.int(), unchanged: z.boolean() })),
  refused: z.array(z.object({ name: z.string(), code: z.string(), reason: z.string() })),
});
const registeredForm = z.object({
  ...formName,
  number: z.int(),
  entry: z.string(),
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string() })),
});
const registeredForms = z.object({ forms: z.array(registeredForm) });
type RegisteredForms = z.infer<typeof registeredForms>;

@ApiTags('forms')
@Controller('v1/forms')
export class FormsController {
  constructor(
    @Inject(RegistryLedger) private readonly ledger: RegistryLedger,
    @Inject(ImportForms) private readonly importForms: ImportForms,
  ) {}

  @Post()
  @HttpCode(200)
  @Requires('admin')
  @ApiOperation({ summary: 'Register the forms of a package of schemas', operationId: 'importForms' })
  @ApiAnswer(200, 'What went in and what did not, by name', imported)
  @ApiProblems('FORM_PACKAGE_EMPTY', 'REQUEST_INVALID', 'BODY_TOO_LARGE')
  async import(
    @ZodBody(packageFiles, { limitBytes: MAX_BODY_BYTES }) files: z.infer<typeof packageFiles>,
  ): Promise<FormImport> {
    const decoded = files.map(({ path, base64 }) => ({ path, bytes: Buffer.from(base64, 'base64') }));
    const size = decoded.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (size > MAX_PACKAGE_BYTES)
      throw new HubError(
        'BODY_TOO_LARGE',
        `the files have ${size} bytes together, the limit is ${MAX_PACKAGE_BYTES}`,
      );
    return await this.importForms.run(decoded);
  }

  @Get()
  @Requires('read')
  @ApiOperation({ summary: 'Every registered form, in the version published last', operationId: 'listForms' })
  @ApiAnswer(200, 'Forms by namespace', registeredForms)
  list(): RegisteredForms {
    return {
      forms: this.ledger
        .current()
        .forms()
        .map((form) => this.#shown(form)),
    };
  }

  @Get(':namespace')
  @Requires('read')
  @ApiOperation({ summary: 'The forms of one namespace', operationId: 'showForm' })
  @ApiAnswer(200, 'One form for each root element', registeredForms)
  @ApiProblems('FORM_NOT_REGISTERED')
  show(@ZodParam('namespace', z.string().min(1).max(255)) namespace: string): RegisteredForms {
    const forms = this.ledger
      .current()
      .forms()
      .filter((form) => form.namespace === namespace);
    if (forms.length > 0) return { forms: forms.map((form) => this.#shown(form)) };
    throw new HubError('FORM_NOT_REGISTERED', `no form of namespace ${namespace} is registered`, {
      details: { namespace },
    });
  }

  #shown({ namespace, root, version, entry, files }: FormSchema): RegisteredForms['forms'][number] {
    const number = this.ledger.current().formPublishedBy(namespace, root, version) ?? 0;
    const shownFiles = files.map(({ path, bytes }) => ({
      path,
      size: bytes.length,
      sha256: sha256Hex(bytes),
    }));
    return { namespace, root, version, number, entry, files: shownFiles };
  }
}
