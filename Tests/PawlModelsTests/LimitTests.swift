import PawlCore
import PawlTestSupport
import Synchronization
import Testing

@testable import PawlModels

/// Limits of time, and cancelling, by the real clock: only that they come to pass is looked at, not when.
@Suite struct LimitTests {
  /// What a stream holds before the server falls silent.
  private static func start(_ api: ModelRule.API) -> ScriptedServer.Step {
    let text =
      api == .anthropic
      ? anthropicStream(Array(anthropicEvents.prefix(9))) : openAIStream(Array(openAIChunks.prefix(4)))
    return .send(Array(text.utf8))
  }

  private func complete(
    _ api: ModelRule.API, _ script: [[ScriptedServer.Step]], rule change: (inout ModelRule) -> Void = { _ in },
    isCancelled: @escaping @Sendable (ScriptedServer) -> Bool = { _ in false }
  ) throws -> (Result<ModelReply, ModelError>, requests: Int) {
    let server = try #require(ScriptedServer(script))
    defer { server.stop() }
    let client = try ModelClient(rule: .scripted(api, server.url, change), secret: nil, environment: [:])
    do throws(ModelError) {
      let reply = try client.complete(simpleRequest, seed: 1) { isCancelled(server) }
      return (.success(reply), server.requests.count)
    } catch { return (.failure(error), server.requests.count) }
  }

  @Test(arguments: ModelRule.API.allCases)
  func `a stream that falls silent is a broken reply with what came`(api: ModelRule.API) throws {
    let (result, requests) = try complete(
      api, [[ScriptedServer.streamHead, Self.start(api), .hold]], rule: { $0.idleSeconds = 1 })
    let reply = try result.get()
    #expect(reply.end == .broken(reason: "nothing more came for 1 s"))
    #expect(reply.text == ReplyTests.expected)
    #expect(requests == 1)
  }

  @Test func `a server that says nothing at all is given up and asked again`() throws {
    let (result, requests) = try complete(
      .openai, [[.hold]],
      rule: {
        $0.idleSeconds = 0.2
        $0.retries = 1
      })
    guard case .failure(let error) = result else {
      Issue.record("it replied")
      return
    }
    #expect(error.code == .timedOut)
    #expect(error.isPassing)
    #expect(requests == 2)
  }

  @Test func `the time of the whole reply ends one that never stops`() throws {
    let drip = (0..<2000).flatMap { _ in
      [ScriptedServer.Step.send(Array(": keep-alive\n\n".utf8)), .pause(seconds: 0.05)]
    }
    let (result, requests) = try complete(
      .openai, [[ScriptedServer.streamHead, Self.start(.openai)] + drip], rule: { $0.totalSeconds = 1 })
    #expect(try result.get().end == .broken(reason: "it took longer than 1 s"))
    #expect(requests == 1)
    let (silent, _) = try complete(.openai, [[ScriptedServer.streamHead] + drip], rule: { $0.totalSeconds = 1 })
    guard case .failure(let error) = silent else {
      Issue.record("comments are no reply")
      return
    }
    #expect(error.code == .timedOut)
  }

  @Test func `a cancellation during a stream is a broken reply with what came`() throws {
    let sent = Flag()
    let looks = Atomic<Int>(0)
    let (result, _) = try complete(
      .anthropic, [[ScriptedServer.streamHead, Self.start(.anthropic), .run { sent.set() }, .hold]],
      // What was sent is read between two looks.
      isCancelled: { _ in sent.isSet && looks.add(1, ordering: .relaxed).newValue > 3 })
    let reply = try result.get()
    #expect(reply.end == .broken(reason: "it was cancelled"))
    #expect(reply.text == ReplyTests.expected)
  }

  @Test func `a cancellation before anything came is an error`() throws {
    let (result, requests) = try complete(.openai, [[.hold]], isCancelled: { !$0.requests.isEmpty })
    guard case .failure(let error) = result else {
      Issue.record("it replied")
      return
    }
    #expect(error.code == .cancelled)
    #expect(requests == 1)
  }

  @Test func `nothing is sent where it is cancelled already`() throws {
    let (result, requests) = try complete(.openai, [wholeReply(.openai)], isCancelled: { _ in true })
    guard case .failure(let error) = result else {
      Issue.record("it replied")
      return
    }
    #expect(error.code == .cancelled)
    #expect(error.tries == 0)
    #expect(requests == 0)
  }

  @Test func `a reply whose server does not hang up is over with its last event`() throws {
    for api in ModelRule.API.allCases {
      let text = api == .anthropic ? anthropicStream(anthropicEvents) : openAIStream(openAIChunks)
      let (result, _) = try complete(api, [[ScriptedServer.streamHead, .send(Array(text.utf8)), .hold]])
      #expect(try result.get().end == .finished)
    }
  }
}
