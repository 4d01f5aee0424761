internal import PawlCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What the operating system or SQLite said, as the cause of a `JournalError`.
struct SystemFailure: DescribedError {
  let message: String
  let hints: [String] = []
  let cause: (any Error)? = nil
}

extension JournalError {
  /// Returns the error for a failed system call on `path`.
  static func system(_ action: String, _ path: String, errno number: Int32) -> JournalError {
    let cause = SystemFailure(message: String(cString: strerror(number)).lowercased())
    switch number {
    case EROFS, EACCES, EPERM: return .readOnly(path, cause: cause)
    case ENOSPC, EDQUOT: return .diskFull(path, cause: cause)
    case ENOENT, ENOTDIR: return .noJournal(path, cause: cause)
    default:
      return JournalError(
        .ioFailed, "could not \(action) `\(path)`", hints: ["check the disk and the folder with `pawl doctor`"],
        cause: cause)
    }
  }

  static func noJournal(_ path: String, cause: (any Error)? = nil) -> JournalError {
    JournalError(
      .noJournal, "there is no journal at `\(path)`",
      hints: ["make a study with `pawl init`, start it with `pawl run`"],
      cause: cause)
  }

  static func readOnly(_ path: String, cause: (any Error)?) -> JournalError {
    JournalError(
      .readOnly, "cannot write `\(path)`",
      hints: ["give yourself write permission to the folder; `pawl status` and `pawl log` work without it"],
      cause: cause)
  }

  static func diskFull(_ path: String, cause: (any Error)?) -> JournalError {
    JournalError(
      .diskFull, "no space left on the disk of `\(path)`",
      hints: ["free some space, then continue with `pawl run`: nothing that was recorded is lost"], cause: cause)
  }

  static func altered(_ path: String, _ what: String) -> JournalError {
    JournalError(
      .altered, "the journal `\(path)` was altered: \(what)",
      hints: [
        "bring back an unchanged copy of the file; `pawl log` and `pawl export` still show what is in it"
      ])
  }

  static func cutShort(_ path: String, _ what: String, cause: (any Error)? = nil) -> JournalError {
    JournalError(
      .cutShort, "the journal `\(path)` is cut short: \(what)",
      hints: [
        "copy a study's folder as a whole, with `journal.sqlite-wal` where there is one, and only while `pawl run` is stopped"
      ], cause: cause)
  }

  static func newerVersion(_ path: String, _ what: String) -> JournalError {
    JournalError(
      .newerVersion, "the journal `\(path)` is from a newer version of pawl: \(what)",
      hints: ["update pawl; `pawl doctor` shows the version that is installed"])
  }

  static func closed(_ path: String) -> JournalError {
    JournalError(.closed, "the journal `\(path)` is closed", hints: ["continue the study with `pawl run`"])
  }
}
