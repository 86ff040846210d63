/**
 * The hostile target, a process of its own. Prints its ports as one line of JSON (`Ports`), then takes orders on the
 * control port: one line of JSON each (`Order`), answered with "done".
 */
import { concat } from "../../src/base/bytes.ts";
import { Random } from "../support/random.ts";
import { serverCertificate } from "../support/tls_fixtures.ts";
import { type Script, tcpPeer } from "../support/tcp_peer.ts";
import { AUDIENCE, FRIENDLY, type Kind, KINDS, SCRIPTS, SECURE, type Stage } from "./hostile_kinds.ts";
import { HOSTILE_TLS } from "./hostile_tls.ts";
import { type Garble, relay } from "./relay.ts";

export type Ports = Readonly<Record<Kind | "control", number>>;

export type Order =
  /** Be a target in order. */
  | { readonly play: "calm" }
  /** Play one behaviour to everybody whom it concerns; be in order to the rest. */
  | { readonly play: "one"; readonly stage: Exclude<Stage, "exec">; readonly name: string }
  /** To each connection something else. */
  | { readonly play: "storm"; readonly seed: number };

type Layer = keyof typeof FRIENDLY;

/** What each kind's connections get now. Kinds over TLS: what is said inside. */
const inside = new Map<Kind, () => Script>();
/** What becomes of the connections of a kind over TLS before anything can be said inside. */
const around = new Map<Kind, () => ((honest: number) => Script) | undefined>();

function layerOf(kind: Kind): Layer {
  return (SECURE[kind] ?? kind) as Layer;
}

function obey(order: Order): void {
  for (const kind of KINDS) {
    inside.set(kind, () => FRIENDLY[layerOf(kind)]);
    around.set(kind, () => undefined);
  }
  if (order.play === "storm") storm(new Random(order.seed));
  if (order.play !== "one") return;
  const { stage, name } = order;
  for (const kind of AUDIENCE[stage] as readonly Kind[]) {
    if (stage === "tls") {
      const { script } = found(HOSTILE_TLS, name);
      around.set(kind, () => script);
    } else {
      const { script } = found(SCRIPTS[layerOf(kind)], name);
      inside.set(kind, () => script);
    }
  }
}

function storm(random: Random): void {
  for (const kind of KINDS) {
    const layer = layerOf(kind);
    inside.set(kind, () => {
      if (random.chance(0.15)) return FRIENDLY[layer];
      if (random.chance(0.3)) return relay(honestPorts[layer], garbled(random));
      return random.pick(SCRIPTS[layer]).script;
    });
    around.set(kind, () => {
      if (random.chance(0.2)) return random.pick(HOSTILE_TLS).script;
      return random.chance(0.2) ? (honest) => relay(honest, garbled(random)) : undefined;
    });
  }
}

/** Bytes that are hit now and then: changed, left out, said twice, cut off. */
function garbled(random: Random): Garble {
  return (given) => {
    if (random.chance(0.3)) return { bytes: given };
    const at = random.below(given.length);
    const length = 1 + random.below(8);
    const noise = Uint8Array.from({ length }, () => random.below(256));
    const before = given.subarray(0, at);
    switch (random.below(6)) {
      case 0:
        given[at] = random.below(256);
        return { bytes: given };
      case 1:
        return { bytes: concat([before, given.subarray(at + length)]) };
      case 2:
        return { bytes: concat([given.subarray(0, at + length), given.subarray(at)]) };
      case 3:
        return { bytes: concat([before, noise, given.subarray(at)]) };
      case 4:
        return { bytes: concat(Array(random.below(1_000)).fill(given)) };
      default:
        return { bytes: before, then: random.pick(["end", "reset", "stall"] as const) };
    }
  };
}

function found<Row extends { readonly name: string }>(rows: readonly Row[], name: string): Row {
  const row = rows.find((row) => row.name === name);
  if (!row) throw new Error(`nobody knows how to play ${name}`);
  return row;
}

/** A script that is looked up when a connection comes. */
function now(script: () => Script): Script {
  return (conversation) => script()(conversation);
}

obey({ play: "calm" });
const honestPorts: Record<string, number> = {};
for (const layer of Object.keys(FRIENDLY) as Layer[]) {
  honestPorts[layer] = (await tcpPeer(FRIENDLY[layer])).port;
}
const ports: Record<string, number> = {};
for (const kind of KINDS) {
  if (!SECURE[kind]) {
    ports[kind] = (await tcpPeer(now(() => inside.get(kind)!()))).port;
    continue;
  }
  const alpn = kind === "grpcs" ? ["h2"] : undefined;
  const tls = { ...serverCertificate(), alpn };
  const secure = await tcpPeer(now(() => inside.get(kind)!()), { tls });
  ports[kind] = (await tcpPeer(now(() => (around.get(kind)!() ?? relay)(secure.port)))).port;
}

const control = await tcpPeer(async (conversation) => {
  for (;;) {
    const line = await conversation.readUntil("\n");
    if (line === undefined) return;
    obey(JSON.parse(line));
    await conversation.send("done\n");
  }
});
ports.control = control.port;
console.log(JSON.stringify(ports));
