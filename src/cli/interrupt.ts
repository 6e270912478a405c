/** Ctrl-C for verbs that have something to show when they are ended early. */

export interface Interrupt {
  /** Somebody wants the end. Known only after a turn of the event loop. */
  readonly wanted: boolean;
  /** Done, in time or not. After a Ctrl-C the process then ends by that signal, once its output is written. */
  end(): void;
}

/** The first Ctrl-C asks; the next one ends the process at once, as everywhere. */
export function interrupt(): Interrupt {
  let wanted = false;
  const ask = (): void => {
    wanted = true;
  };
  process.once('SIGINT', ask);
  return {
    get wanted() {
      return wanted;
    },
    end() {
      process.off('SIGINT', ask);
      // what started us should see the signal, not a status: a loop in a shell then ends, too
      if (wanted) process.once('exit', () => process.kill(process.pid, 'SIGINT'));
    },
  };
}
