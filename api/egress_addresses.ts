/** Which addresses are not the public Internet (IANA special-purpose registries, RFC 6890). */
import { BlockList, isIP } from "node:net";

export interface Forbidden {
  /** What it is: "a private address". */
  readonly word: string;
  /** Whether an operator may open it; what is no single host never is. */
  readonly mayBeAllowed: boolean;
}

type Range = readonly [subnet: string, prefix: number];
interface Group extends Forbidden {
  readonly v4: readonly Range[];
  readonly v6: readonly Range[];
}

const groups: readonly Group[] = [
  {
    word: "an address of a cloud's metadata service",
    mayBeAllowed: false,
    v4: [["169.254.169.254", 32], ["169.254.170.2", 32], ["100.100.100.200", 32], [
      "192.0.0.192",
      32,
    ]],
    v6: [["fd00:ec2::254", 128], ["fd20:ce::254", 128]],
  },
  {
    word: "an unspecified address",
    mayBeAllowed: false,
    v4: [["0.0.0.0", 8]],
    v6: [["::", 128]],
  },
  {
    word: "a multicast or broadcast address",
    mayBeAllowed: false,
    v4: [["224.0.0.0", 4], ["240.0.0.0", 4]],
    v6: [["ff00::", 8]],
  },
  {
    word: "a loopback address",
    mayBeAllowed: true,
    v4: [["127.0.0.0", 8]],
    v6: [["::1", 128]],
  },
  {
    word: "a link-local address",
    mayBeAllowed: true,
    v4: [["169.254.0.0", 16]],
    v6: [["fe80::", 10], ["fec0::", 10]],
  },
  {
    word: "a private address",
    mayBeAllowed: true,
    v4: [["10.0.0.0", 8], ["172.16.0.0", 12], ["192.168.0.0", 16]],
    v6: [["fc00::", 7]],
  },
  {
    word: "a carrier's shared address",
    mayBeAllowed: true,
    v4: [["100.64.0.0", 10]],
    v6: [],
  },
  {
    word: "an address reserved for protocols or documents",
    mayBeAllowed: true,
    v4: [
      ["192.0.0.0", 24],
      ["192.0.2.0", 24],
      ["192.88.99.0", 24],
      ["198.18.0.0", 15],
      ["198.51.100.0", 24],
      ["203.0.113.0", 24],
    ],
    // Discard, Teredo and 6to4 (they hold IPv4 addresses of their own), documents.
    v6: [
      ["100::", 64],
      ["2001::", 23],
      ["2001:db8::", 32],
      ["2002::", 16],
      ["3fff::", 20],
      ["5f00::", 16],
    ],
  },
];

/** What holds an IPv4 address in its last 32 bits: mapped, compatible, translated (RFC 6052). */
const embedding = blockList([["::ffff:0:0", 96], ["::", 96], ["64:ff9b::", 96], [
  "64:ff9b:1::",
  48,
], ["::ffff:0:0:0", 96]], "ipv6");

const blocks = groups.map((group) => ({
  group,
  v4: blockList(group.v4, "ipv4"),
  v6: blockList(group.v6, "ipv6"),
}));

/** Undefined = a public address. What cannot be read is forbidden. */
export function forbiddenReason(address: string): Forbidden | undefined {
  const plain = address.replace(/%.*$/, "");
  const family = isIP(plain);
  if (family === 0) return { word: "no address", mayBeAllowed: false };
  if (family === 4) return blocks.find(({ v4 }) => v4.check(plain, "ipv4"))?.group;
  const groups = groupsOf(plain);
  const found = blocks.find(({ v6 }) => v6.check(textOf(groups), "ipv6"))?.group;
  if (found !== undefined || !embedding.check(textOf(groups), "ipv6")) return found;
  return forbiddenReason(embeddedV4(groups)) ??
    { word: "an IPv4 address in the clothes of IPv6", mayBeAllowed: true };
}

/** For sentences: IPv6 in brackets. */
export function addressText(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

function blockList(ranges: readonly Range[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [subnet, prefix] of ranges) list.addSubnet(subnet, prefix, family);
  return list;
}

/**
 * The eight numbers of an IPv6 address. A check by text alone could be led astray: `::ffff:1.2.3.4`
 * and `::ffff:102:304` are one address.
 */
function groupsOf(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = dotted === null ? address : `${dotted[1]}${pair(dotted[2], dotted[3])}:` +
    pair(dotted[4], dotted[5]);
  const [head = "", tail] = hex.split("::");
  const front = numbersOf(head);
  if (tail === undefined) return front;
  const back = numbersOf(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function pair(high = "", low = ""): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

function numbersOf(part: string): readonly number[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
}

function textOf(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

function embeddedV4(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
