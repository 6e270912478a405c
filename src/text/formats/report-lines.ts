/**
 * Lines that every report of a kernel has, whatever it is about: where it was, on which processor, with which general
 * registers and calls. They say nothing of memory, and are no gap in what was understood.
 */
export const REPORT_LINE =
  /^\s*(?:CPU: \d{1,5} (?:UID: \d{1,10} )?PID: \d|Hardware name: |Workqueue: |Tainted: |Modules linked in:|Call trace:|Call Trace:|<\/?(?:TASK|IRQ|NMI|#DF)>$|(?:\? )?[\w.]{2,120}\+0x[0-9a-f]{1,6}\/0x[0-9a-f]{1,6}(?: |$)|\[<[0-9a-f]{8,16}>\] |Code: |Process .{1,40} \(pid: \d|Stack: |Exception stack\(|---\[ (?:end|cut)|-{4,}\[ cut here|end Kernel panic|Kernel panic - not syncing|Kernel Offset: |PHYS_OFFSET: |CPU features: |Memory Limit: |SMP: stopping|task: [0-9a-f]{8,16} |(?:pstate|pc|lr|sp|PC|LR) ?(?:is at|:) |(?:x|r)\d{1,2} ?: ?[0-9a-f]{8,16}|note: .{1,40} exited with |die_counter|WARNING: |invoke-rc|Rebooting in )/;

/** The line of a report that names the kernel: `CPU: 2 PID: 184 Comm: systemd Tainted: G        W       4.13.0 #1`. */
export const RELEASE_LINE =
  /^\s*CPU: \d{1,5} (?:UID: \d{1,10} )?PID: \d{1,10} Comm: .{1,40} (?:Not tainted|Tainted: [A-Z](?:[A-Z ]{0,40}[A-Z])?)\s{1,12}(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?[\w.+~-]{0,80})(?: |$)/;
