// Ranges of addresses as `10.0.0.0/8`: whether they are well-formed, and whether an address is in one.
import { builtin } from "../core/builtin.ts";

interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** A range, or an address alone, which is a range of one; null: it is neither. */
export function parseRange(text: string): Range | null {
  const [address = "", bits, ...rest] = text.split("/");
  const version = builtin.net().isIP(address);
  const most = version === 4 ? 32 : 128;
  if (version === 0 || address.includes("%") || rest.length > 0) return null;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)) return null;
  return { address, prefix: bits === undefined ? most : Number(bits), family: version === 4 ? "ipv4" : "ipv6" };
}

/** This machine's own: what it says to itself passes no network. */
const LOOPBACK = ["127.0.0.0/8", "::1"];

/** Tells whether an address is of this machine or in one of the ranges; an IPv4 address may come in the form of IPv6. */
export function createNetworks(ranges: readonly string[]): (address: string) => boolean {
  const { BlockList, isIP } = builtin.net();
  const list = new BlockList();
  for (const range of [...LOOPBACK, ...ranges].map(parseRange))
    if (range !== null) list.addSubnet(range.address, range.prefix, range.family);
  return (address) => {
    // A link-local address names its interface.
    const bare = address.replace(/%.*$/, "");
    const version = isIP(bare);
    return version !== 0 && list.check(bare, version === 4 ? "ipv4" : "ipv6");
  };
}
