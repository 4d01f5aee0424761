#pragma once

/// Installs handlers for SIGINT, SIGTERM and SIGHUP that write the signal's number, one byte, into a pipe, and ignores SIGPIPE.
///
/// A signal that is ignored already, as by nohup(1), stays ignored.
/// Handlers, unlike ignored or blocked signals, are reset by exec, so that children start with the defaults. Returns the pipe's
/// reading end, or -1 with errno set.
int pawl_signal_pipe(void);
