import { z } from 'zod';

/** What `GET /v1/streams` answers. */
export const streamList = z.object({
  at: z.string(),
  streams: z.array(
    z.looseObject({
      stream: z.string(),
      state: z.string(),
      code: z.string().nullable(),
      behind: z.number().nullable(),
      places: z.array(
        z.looseObject({
          topic: z.string(),
          partition: z.number(),
          position: z.string(),
          end: z.string(),
          behind: z.number(),
        }),
      ),
    }),
  ),
  apart: z.array(z.looseObject({ stream: z.string(), topics: z.array(z.string()), why: z.string() })),
});
export type StreamList = z.output<typeof streamList>;

/** What a rewind, or its dry run, answers. */
export const rewound = z.looseObject({
  id: z.string().nullable(),
  action: z.string().nullable(),
  stream: z.string(),
  from: z.string().nullable(),
  oldest: z.string().nullable(),
  records: z.number(),
  places: z.array(
    z.looseObject({
      topic: z.string(),
      partition: z.number(),
      stood: z.string(),
      back: z.string(),
      records: z.number(),
    }),
  ),
});
export type Rewound = z.output<typeof rewound>;

/** How far a rewind is. */
export const rewindProgress = z.looseObject({
  id: z.string(),
  stream: z.string(),
  from: z.string().nullable(),
  askedAt: z.string(),
  action: z.string(),
  records: z.number(),
  left: z.number(),
  done: z.boolean(),
});
export type RewindProgress = z.output<typeof rewindProgress>;

export const rewindList = z.object({ rewinds: z.array(rewindProgress) });
