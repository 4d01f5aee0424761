import Foundation
import PawlCore
import PawlRuntime

/// Runs the study for what clients hand in, where no other process does; begun on demand.
///
/// `@unchecked Sendable`: everything mutable is touched only under `lock`; `starting` is held by the one that begins a session, so that
/// others find it begun.
final class ToolSession: @unchecked Sendable {
  private let directory: String
  private let note: @Sendable (String) -> Void
  private let interrupted: @Sendable () -> Void
  private let lock = NSLock()
  private let starting = NSLock()
  /// Of the session that runs here.
  private var stop: (@Sendable () -> Void)?
  private var isRunning = false
  private var lastFailure: String?
  /// The sessions that run here, each from before its thread until after it: one that has ended says nothing of the next.
  private let sessions = DispatchGroup()
  private var isEnding = false

  /// - Parameters:
  ///   - note: gets what a person should know, a line each.
  ///   - interrupted: called when a signal has ended the session.
  init(
    directory: String, note: @escaping @Sendable (String) -> Void, interrupted: @escaping @Sendable () -> Void
  ) {
    self.directory = directory
    self.note = note
    self.interrupted = interrupted
  }

  /// Sees to it that somebody runs the study; returns once its journal can be read.
  ///
  /// - Throws: why the study cannot be run.
  func ensure(_ configuration: StudyConfiguration) throws {
    starting.lock()
    defer { starting.unlock() }
    if locked({ isRunning }) { return }
    if let reader = try? StudyReader(at: directory, study: configuration.name), reader.runner != nil { return }
    let opened: OpenedStudy
    do {
      opened = try OpenedStudy(
        at: directory, configuration: configuration, options: .init(offers: .untilStopped), version: Program.version)
    } catch  where StudyRun.isHeldByAnother(error) {
      return
    }
    locked {
      lastFailure = nil
      isRunning = true
    }
    sessions.enter()
    let begun = DispatchSemaphore(value: 0)
    let thread = Thread { [self] in
      run(opened) { begun.signal() }
      begun.signal()
      sessions.leave()
    }
    thread.name = "study"
    thread.stackSize = 16 << 20
    thread.start()
    begun.wait()
  }

  private func run(_ opened: OpenedStudy, begun: @escaping () -> Void) {
    var failure: String?
    do {
      let run = try StudyRun(opened) { [note] notice in
        switch notice {
        // Its first event is in the journal now.
        case .recorded: begun()
        case .note(let text): note(text)
        case .began(_, _, _, _, let notes): notes.forEach(note)
        case .tick: break
        }
      }
      // The client may have gone before there was anything to stop.
      let isLate = locked {
        stop = run.end
        return isEnding
      }
      if isLate { run.end() }
      let end = try run.run()
      if end.failed { failure = end.reason }
      if end.interrupted, !locked({ isEnding }) { interrupted() }
    } catch {
      failure = ErrorText.render(error, colour: false)
    }
    locked {
      isRunning = false
      stop = nil
      lastFailure = failure
    }
    if let failure { note(failure) }
  }

  /// Why the session that was begun here ended, where that was no person's wish.
  var failure: String? { locked { lastFailure } }

  private func locked<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }

  /// Stops what was begun here, attempts under way included: the next session makes them again.
  func end() {
    let stop = locked {
      isEnding = true
      return self.stop
    }
    stop?()
    sessions.wait()
  }
}
