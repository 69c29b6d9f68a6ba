import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type LiveEvent, LiveFeed } from "./live_feed.ts";

/** A stream of which the test writes each part. */
class Stream {
  readonly response: Response;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    this.response = new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => void (this.#controller = controller),
      }),
    );
  }

  write(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.#controller?.close();
  }
}

function nextBatch(feed: LiveFeed): Promise<readonly LiveEvent[]> {
  return new Promise((resolve) => {
    const stop = feed.onEvents((events) => {
      stop();
      resolve(events);
    });
  });
}

test("a broken stream is opened again after the last event, and pages are told to read anew", async () => {
  const opened: string[] = [];
  const streams: Stream[] = [];
  const phases: string[] = [];
  const feed = new LiveFeed((lastEventId) => {
    opened.push(lastEventId);
    const stream = new Stream();
    streams.push(stream);
    queueMicrotask(() =>
      stream.write(`event: session.started\nid: ${40 + opened.length}\ndata: {}\n\n`)
    );
    return Promise.resolve(stream.response);
  });
  let resyncs = 0;
  feed.onResync(() => resyncs++);
  feed.onState(() => phases.push(feed.state.phase));

  const first = nextBatch(feed);
  const running = feed.run();
  equal((await first)[0]?.id, "41");
  equal(resyncs, 0);

  const second = nextBatch(feed);
  streams[0]?.end();
  equal((await second)[0]?.id, "42");
  deepEqual(opened, ["", "41"]);
  deepEqual(phases, ["live", "lost", "live"]);
  equal(resyncs, 1);

  feed.stop();
  streams[1]?.end();
  await running;
});

test("a reset of the stream asks pages to read anew", async () => {
  const stream = new Stream();
  const feed = new LiveFeed(() => Promise.resolve(stream.response));
  const told = new Promise<void>((resolve) => feed.onResync(resolve));
  const running = feed.run();
  stream.write("event: reset\nid: 9\ndata: {}\n\n");
  await told;
  feed.stop();
  stream.end();
  await running;
});
