import type { Clock, Timer } from '@thingtalk/core';
import { clamp, toward } from './numbers.ts';
import { Random } from './random.ts';

/** How a {@link House} lives. */
export interface HouseOptions {
  /** Decides everything that chance decides. */
  readonly seed: number;
  readonly clock: Clock;
  /** Minutes of the house's day that pass in one minute of the clock. */
  readonly pace: number;
}

/** What passes between two ticks. */
export interface Step {
  /** Seconds by the clock: what motors, batteries and timers run by. */
  readonly seconds: number;
  /** Hours of the house's day: what sun, weather, warmth and the electricity bill run by. */
  readonly hours: number;
}

const tickMs = 1_000;

/** The day begins at seven in the morning, so that the first thing to see is the house waking up. */
const firstHour = 7;

/**
 * The world the simulated Things share: the sun, the weather, who is at home, how warm it is, and who draws power.
 *
 * Things change it (an open door, a heater that runs) and read it (a thermometer, a meter), so they depend on one
 * another as in a real house. It moves once a second by its clock, the Things in the order they were added.
 */
export class House {
  /** Hour of the day, from 0 up to 24. */
  hour = firstHour;
  /** How bright the sun is: 0 at night, 1 at noon on a clear day. */
  sun = 0;
  /** Outdoors, in degree celsius. */
  outdoorTemperature = 9;
  /** How much of the sky is covered, from 0 to 1. */
  clouds = 0.4;
  /** Rain in millimeter per hour. */
  rain = 0;
  /** Indoors, in degree celsius. */
  indoorTemperature = 18.5;
  /** Carbon dioxide indoors, in ppm. */
  carbonDioxide = 600;
  /** Smoke indoors, from 0 to 1. */
  smoke = 0;
  /** Whether somebody is at home. */
  occupied = true;
  doorOpen = false;
  doorLocked = false;
  /** How far the blinds are open, from 0 to 1. */
  blindsOpen = 0;
  /** Whether there is power at the kitchen's plug. */
  kitchenPowered = true;

  readonly #random: Random;
  readonly #chance: Random;
  readonly #clock: Clock;
  readonly #pace: number;
  readonly #loads = new Map<string, number>();
  readonly #listeners = new Set<(step: Step) => void>();
  #timer: Timer | undefined;

  constructor(options: HouseOptions) {
    this.#random = new Random(options.seed);
    this.#chance = this.#random.fork('house');
    this.#clock = options.clock;
    this.#pace = options.pace;
  }

  /** Begins to live; idle until then. */
  start(): void {
    this.#timer = this.#clock.after(tickMs, () => {
      this.start();
      this.#tick();
    });
  }

  /** Stands still. */
  stop(): void {
    this.#timer?.cancel();
  }

  /** Calls `listener` at each tick, after the house itself has moved; returns how to stop. */
  onTick(listener: (step: Step) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A source of chance for one Thing. */
  random(name: string): Random {
    return this.#random.fork(name);
  }

  /** Says that `appliance` draws `watts` from now on. */
  draw(appliance: string, watts: number): void {
    this.#loads.set(appliance, watts);
  }

  /** What `appliance` draws, in watt. */
  drawOf(appliance: string): number {
    return this.#loads.get(appliance) ?? 0;
  }

  /** What the whole house draws, in watt: the fridge and the router never rest. */
  get power(): number {
    let sum = 85;
    for (const watts of this.#loads.values()) sum += watts;
    return sum;
  }

  #tick(): void {
    const seconds = tickMs / 1_000;
    const step = { seconds, hours: (seconds * this.#pace) / 3_600 };
    this.hour = (this.hour + step.hours) % 24;
    this.#moveWeather(step.hours);
    this.#movePeople(step.hours);
    this.#moveAir(step.hours);
    for (const listener of this.#listeners) listener(step);
  }

  #moveWeather(hours: number): void {
    const wander = Math.sqrt(hours) * 0.2;
    this.clouds = clamp(this.clouds + this.#chance.between(-wander, wander), 0, 1);
    const height = Math.sin(((this.hour - 6) / 12) * Math.PI);
    this.sun = Math.max(0, height) * (1 - 0.8 * this.clouds);
    // It begins to rain from thicker clouds than it goes on from, or a shower would flicker.
    const isRaining = this.clouds > (this.rain > 0 ? 0.65 : 0.85);
    this.rain = isRaining ? 0.2 + (this.clouds - 0.65) * 16 : 0;
    this.outdoorTemperature = toward(this.outdoorTemperature, 8 + 9 * height, hours / 3);
  }

  #movePeople(hours: number): void {
    const isDaytime = this.hour > 8 && this.hour < 22;
    if (this.#chance.happens(isDaytime ? 0.5 : 0.1, hours)) this.occupied = !this.occupied;
    this.smoke = toward(this.smoke, 0, hours * 6);
  }

  #moveAir(hours: number): void {
    const exchange = this.doorOpen ? 3 : 0.25;
    const heating = this.drawOf('heating') / 1_000;
    const warmth = heating * 4 + this.sun * this.blindsOpen * 2 + (this.occupied ? 0.3 : 0);
    this.indoorTemperature =
      toward(this.indoorTemperature, this.outdoorTemperature, exchange * 0.3 * hours) +
      warmth * hours;
    const breath = this.occupied ? 220 : 0;
    this.carbonDioxide = toward(this.carbonDioxide, 420, exchange * hours) + breath * hours;
  }
}
