import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { answering, leaf, type Tell } from '../output/leaf.ts';
import { practiceStory, storyText } from '../practices/timeline.ts';

/** `practice show`: a practice and its timeline over all authorities. */
export function practiceShow(tell: Tell): Command {
  return leaf('show <cui>', {
    description: 'Show a practice (by CUI or practice id) with its timeline over all authorities',
    examples: ['practice show c_d150/2026/000001'],
  }).action(
    answering(z.object({}), tell, async ({ args: [name = ''], home }) => {
      const story = await practiceStory(await readNetwork(home), name);
      return { json: story, text: storyText(story) };
    }),
  );
}
