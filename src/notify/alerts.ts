// Tells the owner by the channels of `settings.notify`. Without one, nothing is watched and nothing is sent.
import type { NotifySettings } from "../config/config.ts";
import type { Clock, Log } from "../core/ports.ts";
import type { Words } from "../core/words/en.ts";
import type { Notice } from "./condition.ts";
import { showNotice } from "./desktop.ts";
import type { DesktopPorts } from "./desktop.ts";
import { createOutbox } from "./outbox.ts";
import type { Delivery, Outbox, OutboxResult } from "./outbox.ts";
import { readConditions } from "./read-conditions.ts";
import type { ConditionDeps } from "./read-conditions.ts";
import { createConditionWatch } from "./watch-conditions.ts";
import { postNotice } from "./webhook.ts";
import type { WebhookDeps } from "./webhook.ts";

export interface AlertsDeps extends ConditionDeps, WebhookDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The console's words. */
  readonly words: Words;
  /** Those in force. */
  readonly settings: () => NotifySettings;
  readonly desktop: DesktopPorts;
}

/** Where notices go. */
type NotifyChannel = "webhook" | "desktop";

export interface Alerts {
  /** Looks how things stand and tells what has turned; call it every few seconds, never for a request. */
  look(): void;
  /** How many notices ended how. */
  counts(): Readonly<Record<NotifyChannel, Readonly<Record<OutboxResult, number>>>>;
  stop(): void;
}

export function createAlerts(deps: AlertsDeps): Alerts {
  const { clock, log, words, settings } = deps;
  const watch = createConditionWatch();
  const counts = {
    webhook: { delivered: 0, failed: 0, dropped: 0 },
    desktop: { delivered: 0, failed: 0, dropped: 0 },
  };

  function createChannel(
    channel: NotifyChannel,
    deliver: (notice: Notice, signal: AbortSignal) => Promise<Delivery>,
  ): Outbox {
    let failing = false;
    function onResult(result: OutboxResult, code: string | null): void {
      counts[channel][result] += 1;
      if (result === "dropped") return;
      if (result === "failed" && !failing) log.warning("notify_failed", { channel, code });
      if (result === "delivered" && failing) log.info("notify_works_again", { channel });
      failing = result === "failed";
    }
    return createOutbox({ clock, deliver, onResult });
  }

  const channels = {
    webhook: createChannel("webhook", async (notice, signal) => {
      const { webhook } = settings();
      // Taken out of the file meanwhile: then nobody is to be told.
      return webhook === null ? { ok: true } : postNotice(deps, webhook, notice, signal);
    }),
    desktop: createChannel("desktop", (notice) => showNotice(deps.desktop, notice.message)),
  };

  return {
    look() {
      const { webhook, desktop, window_percent } = settings();
      if (webhook === null && desktop === "off") {
        watch.forget();
        return;
      }
      const at = clock.now();
      const conditions = readConditions(deps, watch.told(), window_percent, at);
      for (const { condition, status } of watch.turns(conditions, clock.monotonic())) {
        const { event, account, window, say } = condition;
        const notice = { event, account, window, status, message: say[status](words), at };
        log.info("notify", { event, status, account: account?.id, window: window?.name });
        if (webhook !== null) channels.webhook.put(notice);
        if (desktop === "auto") channels.desktop.put(notice);
      }
    },
    counts: () => counts,
    stop() {
      channels.webhook.stop();
      channels.desktop.stop();
    },
  };
}
