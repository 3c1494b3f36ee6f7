import { expect, it } from 'vitest';
import { fold, unfold } from './folding.ts';

it.each([1_000, 200_000])('%i bytes are the same when they are unfolded', async (size) => {
  const bytes = Buffer.alloc(size, 'folded ');
  expect(await unfold(await fold(bytes), size)).toEqual(bytes);
});

it.each([1_000, 200_000])('%i bytes are not unfolded where only one less may be', async (size) => {
  const folded = await fold(Buffer.alloc(size));
  await expect(unfold(folded, size - 1)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
});

it.each([1_000, 200_000])('%i bytes are not unfolded when something lies behind them', async (size) => {
  const folded = await fold(Buffer.alloc(size));
  expect(await unfold(Buffer.concat([folded, Buffer.from('x')]), size)).toBeUndefined();
});

it('what is cut off or is no deflate is not unfolded', async () => {
  const folded = await fold(Buffer.alloc(1_000, 'cut '));
  await expect(unfold(folded.subarray(0, -2), 1_000)).rejects.toThrow();
  await expect(unfold(Buffer.from('no deflate'), 1_000)).rejects.toThrow();
});
