import PawlCore

import Foundation
import PawlRuntime

/// The shell around `ProtocolCore`: reads lines, runs calls on threads of their own, writes messages.
///
/// `@unchecked Sendable`: everything mutable is touched only under `lock`.
final class ToolServer: @unchecked Sendable {
  private let lock = NSLock()
  private var core: ProtocolCore
  private var cancelled: Set<ProtocolCore.RequestID> = []
  private var lines = LineReader(limit: ToolServer.longestLine)
  private let tools: StudyTools
  private let write: @Sendable (String) -> Void
  private let calls = DispatchGroup()
  private var isClosed = false

  /// A proposal may hold a mebibyte of edits, and JSON may take six bytes for one.
  private static let longestLine = 16 << 20

  init(core: ProtocolCore, tools: StudyTools, write: @escaping @Sendable (String) -> Void) {
    self.core = core
    self.tools = tools
    self.write = write
  }

  /// Takes the next bytes from the client.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    var whole: [LineReader.Line] = []
    lock.lock()
    lines.append(bytes) { whole.append($0) }
    lock.unlock()
    for line in whole {
      lock.lock()
      let actions: [ProtocolCore.Action] =
        switch line {
        case .whole(let bytes): core.receive(bytes)
        case .tooLong: core.receiveTooLong()
        }
      let caller = core.client
      // Under the lock, so that messages leave in the order in which they were decided.
      let started = perform(actions)
      lock.unlock()
      for (id, tool, arguments) in started { start(id, tool, arguments, caller: caller) }
    }
  }

  /// Returns what is to be called, which must not begin under the lock.
  private func perform(_ actions: [ProtocolCore.Action]) -> [(ProtocolCore.RequestID, String, JSONValue)] {
    var started: [(ProtocolCore.RequestID, String, JSONValue)] = []
    for action in actions {
      switch action {
      case .send(let line): if !isClosed { write(line + "\n") }
      case .call(let id, let tool, let arguments): started.append((id, tool, arguments))
      case .cancel(let id): cancelled.insert(id)
      }
    }
    return started
  }

  private func start(_ id: ProtocolCore.RequestID, _ tool: String, _ arguments: JSONValue, caller: String?) {
    calls.enter()
    let thread = Thread { [self] in
      let handle = CallHandle(
        isCancelled: { [self] in locked { isClosed || cancelled.contains(id) } },
        report: { [self] seconds, words in locked { _ = perform(core.report(id, progress: seconds, words)) } })
      let answer = tools.answer(tool, arguments, caller: caller, handle)
      locked {
        _ = perform(core.finish(id, answer))
        cancelled.remove(id)
      }
      calls.leave()
    }
    thread.name = tool
    // Recursive descent into JSON and edits.
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }

  /// Ends the calls under way, as nobody waits for them any more, and returns when they are over.
  func close() {
    locked { isClosed = true }
    calls.wait()
  }
}
