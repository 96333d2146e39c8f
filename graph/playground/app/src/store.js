import { useSyncExternalStore } from 'react';

/** A value that components follow with useStore. */
export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      listeners.forEach((listener) => listener());
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The store's value; the component renders again when it changes. */
export function useStore(store) {
  return useSyncExternalStore(store.subscribe, store.get);
}
