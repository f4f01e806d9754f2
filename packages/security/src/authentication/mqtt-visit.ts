import type { Identity } from './identity.ts';

/** What an MQTT client says when it connects. */
export interface MqttVisit {
  /** Empty when there was none. */
  readonly username: string;
  /** Empty when there was none. */
  readonly password: string;
  /** Empty when the broker is to choose one. */
  readonly clientId: string;
  /** Whether nothing is kept for it when it leaves (clean session). */
  readonly isClean: boolean;
  /** The address of the other end of the socket. */
  readonly address: string;
}

/** Recognises one kind of credentials in an MQTT CONNECT. */
export interface MqttAuthenticator {
  /**
   * Who connects; `undefined` when the password is not of this kind.
   *
   * @throws {@link Problem} `unauthenticated` when it is, and is wrong, over, or goes with another client id.
   */
  authenticateMqtt(visit: MqttVisit): Identity | undefined | Promise<Identity | undefined>;
}
