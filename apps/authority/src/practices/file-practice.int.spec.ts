import { request } from 'node:http';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseEvent } from '#contracts';
import { verifyEvent, verifyFilingReceipt } from '#evidence';
import { aNetwork } from '#testing';
import { realNetwork, TestNode, until } from '../authority.fixture.ts';
import { exampleForm, Partner } from '../partner.fixture.ts';
import { takeOutbox } from '../exchange.fixture.ts';

const network = await realNetwork(aNetwork());
const node = await TestNode.start(network, 'c_d150', { maxFileBytes: 200_000 });
const partner = await Partner.of(node);
const PDF = Buffer.from('%PDF-1.7 an attachment');
const YEAR = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Rome', year: 'numeric' }).format(new Date());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What a refused filing must leave as it was. */
async function standing() {
  const [counts] = await node.rows<Record<string, string>>(
    `select (select count(*) from practice) as practices, (select count(*) from event) as events,
            (select count(*) from document) as documents, (select count(*) from outbox) as outbox,
            (select count(*) from practice_search) as search, (select coalesce(max(last), 0) from cui_counter) as last`,
  );
  return { ...counts, files: (await node.stored()).length };
}

describe('filing a practice', () => {
  it('answers 201 with the CUI, the ids and the way to the receipt', async () => {
    const answer = await partner.file({ attachments: [{ name: 'planimetria.pdf', bytes: PDF }] });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      cui: `c_d150/${YEAR}/000001`,
      owner: 'c_d150',
      procedure: 'edilizia.scia',
      state: 'started',
    });
    const { practiceId, receipt } = answer.json as { practiceId: string; receipt: string };
    expect(receipt).toBe(`/v1/practices/${practiceId}/receipt`);
    expect(answer.headers.get('location')).toBe(`/v1/practices/${practiceId}`);
  });

  it('signs a receipt that lists form and attachments with their digests, the office and the term', async () => {
    const { cui, receipt: path } = await partner.filed({
      attachments: [{ name: 'planimetria.pdf', bytes: PDF }],
    });
    const answer = await partner.call(path);
    expect(answer.headers.get('content-type')).toBe('application/xml');
    const { receipt, signer } = verifyFilingReceipt(answer.bytes, network.registry, new Date());
    expect(signer.holder).toBe('c_d150');
    expect(receipt).toMatchObject({
      office: 'SUE',
      term: { days: 30, kind: 'calendar' },
      practice: { cui },
      documents: [
        { role: 'form', mediaType: 'application/xml', sha256: sha256(exampleForm()) },
        { role: 'attachment', mediaType: 'application/pdf', size: PDF.length, sha256: sha256(PDF) },
      ],
    });
  });

  it('signs an event that everyone can verify and that says nothing of the citizen', async () => {
    const { practiceId, eventId, cui } = await partner.filed({
      attachments: [{ name: 'Cognome Nome.pdf', bytes: PDF }],
    });
    const { bytes } = await partner.call(`/v1/practices/${practiceId}/events/${eventId}`);
    const { event } = verifyEvent(bytes, network.registry, new Date());
    expect(event).toMatchObject({
      practice: { cui, owner: 'c_d150' },
      sequence: { number: 1, previous: null },
      territory: '019036',
      author: { ipa: 'c_d150', office: 'SUE' },
    });
    expect(event.facts).toContainEqual({ name: 'superficie', kind: 'band', value: 'fino-a-100' });
    for (const secret of ['AAAAAA00A00A000A', 'Cognome', 'Via di Prova', 'Ristrutturazione interna', '.pdf'])
      expect(bytes.includes(secret)).toBe(false);
    const sent = (await takeOutbox(node)).find(({ headers }) => headers['ce_id'] === eventId);
    expect(sent).toMatchObject({ topics: ['practice.outbox.c_d150'], key: `c_d150/${practiceId}` });
    expect(sent?.value.equals(bytes)).toBe(true);
  });

  it('shows an event as an object to who prefers JSON', async () => {
    const { practiceId, eventId } = await partner.filed();
    const path = `/v1/practices/${practiceId}/events/${eventId}`;
    const { bytes } = await partner.call(path);
    const { json } = await partner.call(path, { headers: { accept: 'application/json' } });
    expect(json).toEqual(JSON.parse(JSON.stringify(parseEvent(bytes))));
  });

  it('gives 20 concurrent filings consecutive CUIs, and refused ones among them no number', async () => {
    const [before] = await node.rows<{ last: number }>('select last from cui_counter');
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        index % 6 === 5 ? partner.file({ form: null }) : partner.file(),
      ),
    );
    const cuis = answers
      .flatMap(({ json }) => (typeof json?.['cui'] === 'string' ? [json['cui']] : []))
      .sort();
    const first = (before?.last ?? 0) + 1;
    expect(cuis).toEqual(
      Array.from({ length: 20 }, (_, n) => `c_d150/${YEAR}/${String(first + n).padStart(6, '0')}`),
    );
  });

  it('takes attachments whose names and media types are strange', async () => {
    const long = `${'n'.repeat(300)}.pdf`;
    const type = `application/${'x'.repeat(120)}`;
    const { practiceId } = await partner.filed({
      attachments: [
        { name: long, type, bytes: PDF },
        { name: '../../etc/passwd', type: '', bytes: PDF },
        { name: 'empty.txt', type: 'text/plain; charset=utf-8; name="Cognome"', bytes: Buffer.alloc(0) },
      ],
    });
    const { documents } = await partner.get<{
      documents: { name: string; mediaType: string; size: number }[];
    }>(`/v1/practices/${practiceId}/documents`);
    const attachments = documents.filter(({ mediaType }) => mediaType !== 'application/xml');
    expect(attachments.map(({ mediaType }) => mediaType).sort()).toEqual([
      'application/octet-stream',
      'application/octet-stream',
      'text/plain',
    ]);
    expect(attachments.every(({ name }) => name.length <= 255 && !name.includes('/'))).toBe(true);
  });
});

describe('a filing that is refused', () => {
  const withForm = (change: (xml: string) => string) => ({
    form: Buffer.from(change(exampleForm().toString())),
  });

  it.each([
    [
      'with an invalid form: line, XPath and reason are told, the value is not',
      withForm((xml) => xml.replace('<cap>00000</cap>', '<cap>Segreto</cap>')),
      422,
      'FORM_INVALID',
    ],
    ['with a form that is not XML', { form: Buffer.from('<scia-edilizia') }, 400, 'XML_MALFORMED'],
    [
      'with a DTD and an external entity',
      withForm((xml) => xml.replace('?>', '?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>')),
      400,
      'XML_FORBIDDEN_CONSTRUCT',
    ],
    ['with a form of another procedure', { form: exampleForm('pesca.licenza') }, 422, 'FORM_NOT_ACCEPTED'],
    [
      'with a form whose schema nobody has imported yet',
      {
        procedure: 'commercio.esercizio-di-vicinato',
        form: Buffer.from(
          '<esercizio_vicinato_apertura xmlns="http://agid.it/suap/forms/esercizio_vicinato_apertura"/>',
        ),
      },
      404,
      'FORM_NOT_REGISTERED',
    ],
    ['without a form', { form: null }, 400, 'FORM_MISSING'],
    [
      'of an unknown procedure',
      { procedure: 'edilizia.sconosciuta', form: exampleForm() },
      422,
      'PROCEDURE_UNKNOWN',
    ],
    ['without a procedure', { procedure: '', form: exampleForm() }, 400, 'REQUEST_INVALID'],
    ['for an unknown municipality', { fields: { territory: '999999' } }, 422, 'MUNICIPALITY_UNKNOWN'],
    ['for what is no municipality', { fields: { territory: 'Cremona' } }, 400, 'ID_MALFORMED'],
    [
      'with a file over the limit',
      { attachments: [{ name: 'large.pdf', bytes: Buffer.alloc(200_001) }] },
      413,
      'DOCUMENT_TOO_LARGE',
    ],
    ['with a key that is none', { key: 'k'.repeat(201) }, 400, 'IDEMPOTENCY_KEY_MALFORMED'],
  ])('%s', async (_, filing, status, code) => {
    const before = await standing();
    const answer = await partner.file({
      attachments: [{ name: 'planimetria.pdf', bytes: PDF }],
      ...filing,
    });
    expect(answer.json).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json).toHaveProperty('remedy');
    if (code === 'FORM_INVALID') {
      expect(answer.json?.['details']).toMatchObject({
        errors: [
          { line: 13, xpath: expect.stringContaining('cap') as string, reason: expect.any(String) as string },
        ],
      });
      expect(answer.bytes.includes('Segreto')).toBe(false);
    }
    expect(await standing()).toEqual(before);
  });

  it('because it was cut off midway leaves nothing behind', async () => {
    const before = await standing();
    const head =
      `--cut\r\nContent-Disposition: form-data; name="procedure"\r\n\r\nedilizia.scia\r\n--cut\r\n` +
      `Content-Disposition: form-data; name="form"; filename="f.xml"\r\nContent-Type: application/xml\r\n\r\n` +
      `${exampleForm().toString()}\r\n--cut\r\nContent-Disposition: form-data; name="attachment"; filename="a.pdf"\r\n\r\n`;
    const sending = request(new URL('/v1/practices', node.http.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${partner.token}`,
        'content-type': 'multipart/form-data; boundary=cut',
        'content-length': 150_000,
      },
    });
    sending.on('error', () => undefined);
    sending.write(head + 'x'.repeat(70_000));
    await until('the form is in the store', async () =>
      (await node.stored()).length > before.files ? true : undefined,
    );
    sending.destroy();
    await until('the store is as before', async () =>
      (await node.stored()).length === before.files ? true : undefined,
    );
    expect(await standing()).toEqual(before);
  });

  it('for want of a token, by a wrong one, or by one without the scope', async () => {
    const before = await standing();
    const post = (authorization: string | undefined) =>
      fetch(new URL('/v1/practices', node.http.url), {
        method: 'POST',
        body: new FormData(),
        headers: authorization === undefined ? {} : { authorization },
      });
    const reader = await Partner.of(node, 'read');
    expect((await post(undefined)).status).toBe(401);
    expect((await post(`Bearer rh_${'x'.repeat(43)}`)).status).toBe(401);
    expect((await reader.file()).json).toMatchObject({ status: 403, code: 'SCOPE_MISSING' });
    expect(await standing()).toEqual(before);
  });
});

describe('finding practices', () => {
  it('by the text of the form’s search fields, by CUI, procedure and day, whatever the letter case', async () => {
    const form = Buffer.from(exampleForm().toString().replaceAll('>Cognome<', '>Quasicognome<'));
    const { cui, practiceId } = await partner.filed({ form });
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Rome' }).format(new Date());
    for (const query of [
      `q=quasicognome`,
      `cui=${cui.toUpperCase()}`,
      `q=QuasiCognome&procedure=edilizia.scia&state=started&from=${day}&to=${day}`,
    ]) {
      const { practices } = await partner.get<{ practices: unknown[] }>(`/v1/practices?${query}`);
      expect(practices).toEqual([
        expect.objectContaining({ practiceId, cui, owner: 'c_d150', part: 'owner' }),
      ]);
    }
    for (const query of ['q=%25', 'q=_', 'q=nobody', 'procedure=tributi.tari', 'to=2020-01-01']) {
      expect(await partner.get(`/v1/practices?${query}`)).toEqual({ practices: [], next: null });
    }
  });

  it('walks through all of them, newest first, each once', async () => {
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: { practices: { practiceId: string; filedAt: string }[]; next: string | null } =
        await partner.get(`/v1/practices?limit=7${after === '' ? '' : `&after=${after}`}`);
      seen.push(...page.practices.map(({ filedAt, practiceId }) => `${filedAt} ${practiceId}`));
      after = page.next;
    }
    const [count] = await node.rows<{ n: number }>('select count(*)::int as n from practice');
    expect(new Set(seen).size).toBe(count?.n);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  it.each([
    ['/v1/practices?after=nonsense', 400, 'CURSOR_INVALID'],
    ['/v1/practices?limit=0', 400, 'REQUEST_INVALID'],
    ['/v1/practices/not-a-uuid', 400, 'REQUEST_INVALID'],
    ['/v1/practices/01990000-0000-4000-8000-00000000ffff', 404, 'PRACTICE_NOT_FOUND'],
    ['/v1/practices/01990000-0000-4000-8000-00000000FFFF', 404, 'PRACTICE_NOT_FOUND'],
    ['/v1/practices/01990000-0000-4000-8000-00000000ffff/proof', 404, 'PRACTICE_NOT_FOUND'],
  ])('answers %s with %i %s', async (path, status, code) => {
    expect((await partner.call(path)).json).toMatchObject({ status, code });
  });

  it('answers for an event that is not there, and for a proof without an auditor', async () => {
    const { practiceId } = await partner.filed();
    const base = `/v1/practices/${practiceId}`;
    expect((await partner.call(`${base}/events/not-an-id`)).json).toMatchObject({ code: 'REQUEST_INVALID' });
    const other = '01990000-0000-7000-8000-00000000ffff';
    expect((await partner.call(`${base}/events/${other}`)).json).toMatchObject({ code: 'EVENT_NOT_FOUND' });
    expect((await partner.call(`${base}/proof`)).json).toEqual(
      expect.objectContaining({ cui: expect.any(String) as string, events: [] }),
    );
  });
});
