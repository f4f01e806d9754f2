export {
  hasMosquitto,
  type Mosquitto,
  type MosquittoOptions,
  startMosquitto,
} from '@thingtalk/core/testing';
