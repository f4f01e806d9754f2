export type { AnnouncedDirectory } from './announcement.ts';
export { Discovery, type DiscoveryParts } from './discovery.ts';
export { type DiscoveryDoor, discoveryRoutes } from './discovery-routes.ts';
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
export type { Offer, Offered } from './offer.ts';
export { Allowance } from './retrieve.ts';
export type { WotService } from './wot-service.ts';
