import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput, type ListrTask } from 'listr2';

/** Something to do, or a group of such things. */
export type Step =
  | {
      readonly title: string;
      /** @param report shows what is going on when it takes long */
      readonly run: (report: (what: string) => void) => Promise<void>;
    }
  | {
      readonly title: string;
      readonly steps: readonly Step[];
      /** All at once. */ readonly together?: boolean;
    };

export interface StepTime {
  readonly title: string;
  readonly ms: number;
}

/** Shows steps with their times: live on a terminal, as lines otherwise. */
export class Progress {
  readonly #toStderr: boolean;
  readonly #times: StepTime[] = [];

  /** @param toStderr keeps standard output free for a document */
  constructor(toStderr: boolean) {
    this.#toStderr = toStderr;
  }

  /** Steps that were done, in the order in which they ended. */
  get times(): readonly StepTime[] {
    return this.#times;
  }

  /** Runs the steps. @throws what the first step that fails throws */
  async run(steps: readonly Step[]): Promise<void> {
    const tasks = steps.map((step) => this.#task(step));
    const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
    const lines = { timer: PRESET_TIMER, ...(this.#toStderr ? { logger } : {}) };
    await new Listr<undefined, 'default' | 'simple', 'simple'>(tasks, {
      registerSignalListeners: false,
      renderer: this.#toStderr ? 'simple' : 'default',
      rendererOptions: { ...lines, collapseSubtasks: false },
      fallbackRenderer: 'simple',
      fallbackRendererOptions: lines,
    }).run();
  }

  #task(step: Step): ListrTask {
    return {
      title: step.title,
      task: async (_, task) => {
        const { title } = step;
        const since = performance.now();
        if ('steps' in step) {
          const inner = step.steps.map((each) => this.#task(each));
          return task.newListr(inner, { concurrent: step.together ?? false });
        }
        await step.run((what) => {
          task.output = what;
        });
        this.#times.push({ title, ms: Math.round(performance.now() - since) });
        return undefined;
      },
    };
  }
}
