import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { clamp, round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** The weather station on the roof. */
export function weatherStation(house: House) {
  const random = house.random('weather-station');
  let pressure = 1_013;
  let wind = 3;
  return defineThing(
    virtualId('weather-station'),
    {
      title: 'Weather station',
      description: 'Temperature, humidity, pressure, wind, light and rain on the roof',
      '@type': ['TemperatureSensor', 'HumiditySensor', 'BarometricPressureSensor'],
      properties: {
        temperature: {
          '@type': 'TemperatureProperty',
          title: 'Temperature',
          description: 'In the shade',
          type: 'number',
          unit: 'degree celsius',
          readOnly: true,
        },
        humidity: {
          '@type': 'HumidityProperty',
          title: 'Humidity',
          description: 'Relative humidity of the air',
          type: 'number',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
          readOnly: true,
        },
        pressure: {
          '@type': 'BarometricPressureProperty',
          title: 'Pressure',
          description: 'At sea level',
          type: 'number',
          unit: 'hectopascal',
          readOnly: true,
        },
        windSpeed: {
          title: 'Wind',
          description: 'Mean of the last minute',
          type: 'number',
          minimum: 0,
          unit: 'meter per second',
          readOnly: true,
        },
        illuminance: {
          title: 'Illuminance',
          description: 'Light of the sun and the sky',
          type: 'integer',
          minimum: 0,
          unit: 'lux',
          readOnly: true,
        },
        rain: {
          title: 'Rain',
          description: 'How hard it rains',
          type: 'number',
          minimum: 0,
          unit: 'millimeter per hour',
          readOnly: true,
        },
      },
      events: {
        rainStarted: { title: 'Rain started', description: 'It has begun to rain' },
        rainStopped: { title: 'Rain stopped', description: 'It has stopped raining' },
      },
    },
    {
      initial: {
        temperature: round(house.outdoorTemperature, 1),
        humidity: 75,
        pressure,
        windSpeed: wind,
        illuminance: 0,
        rain: 0,
      },
      start: (thing) => {
        house.outdoorTemperature = thing.value('temperature') ?? house.outdoorTemperature;
        pressure = thing.value('pressure') ?? pressure;
        wind = thing.value('windSpeed') ?? wind;
        return house.onTick(({ hours }) => {
          const wander = Math.sqrt(hours);
          pressure = clamp(pressure + random.between(-wander, wander), 975, 1_045);
          wind = clamp(wind + random.between(-wander, wander) * 3, 0, 25);
          const rain = round(house.rain, 1);
          const rained = (thing.value('rain') ?? 0) > 0;
          if (rain > 0 !== rained) thing.emit(rain > 0 ? 'rainStarted' : 'rainStopped');
          thing.report('temperature', round(house.outdoorTemperature, 1));
          thing.report(
            'humidity',
            round(clamp(90 - 2 * house.outdoorTemperature + 15 * house.clouds, 20, 100)),
          );
          thing.report('pressure', round(pressure, 1));
          thing.report('windSpeed', round(wind, 1));
          thing.report('illuminance', round(house.sun * 80_000));
          thing.report('rain', rain);
        });
      },
    },
  );
}
