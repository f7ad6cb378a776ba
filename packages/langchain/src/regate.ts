import { type Runnable, RunnableBinding, RunnableMap, RunnableSequence } from "@langchain/core/runnables";
import { boundSettings, type Settings } from "./bound-settings.ts";

/**
 * The same pipeline around a gated model: puts what `wrap` answers in the place of the model in it.
 *
 * @throws TypeError for a pipeline in which the model cannot be found, rather than let it pass by the gate
 */
export function regate(runnable: Runnable, wrap: (settings: Settings) => Runnable): Runnable {
  const settings = boundSettings(runnable);
  if (settings !== null) return wrap(settings);
  if (RunnableBinding.isRunnableBinding(runnable)) {
    return new RunnableBinding({
      bound: regate(runnable.bound, wrap),
      config: runnable.config,
      ...(runnable.kwargs === undefined ? {} : { kwargs: runnable.kwargs }),
      ...(runnable.configFactories === undefined ? {} : { configFactories: runnable.configFactories }),
    });
  }
  if (RunnableSequence.isRunnableSequence(runnable)) {
    const [first, ...rest] = runnable.steps;
    const last = rest.pop();
    if (first !== undefined && last !== undefined) {
      return new RunnableSequence({ first: regate(first, wrap), middle: rest, last });
    }
  }
  if (runnable instanceof RunnableMap) {
    const steps = Object.entries(Reflect.get(runnable, "steps") as Record<string, Runnable>);
    return RunnableMap.from(Object.fromEntries(steps.map(([name, step]) => [name, regate(step, wrap)])));
  }
  throw new TypeError(
    `${runnable.getName()} holds a model where it cannot be gated: bind what it needs to gateModel's answer instead`,
  );
}
