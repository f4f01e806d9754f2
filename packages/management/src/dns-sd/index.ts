export type { AnnouncedDirectory } from './announcement.ts';
export { DnsSd, type DnsSdOptions } from './dns-sd.ts';
export { type ExploreOptions, exploreService } from './explore-service.ts';
export type { FoundThing } from './found-thing.ts';
export {
  type Hear,
  type MdnsLink,
  type MdnsOptions,
  type OpenLink,
  udpLinks,
} from './mdns-link.ts';
export type { DnsQuestion, DnsRecord, MdnsPacket, Sender } from './mdns-packet.ts';
export { Allowance } from './retrieve.ts';
export type { WotService } from './wot-service.ts';
