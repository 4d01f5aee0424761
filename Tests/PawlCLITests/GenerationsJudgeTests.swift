import Foundation
import PawlTestSupport
import Testing

/// A language model that judges made documents by written principles, behind a scripted server.
@Suite struct `A language model judges by the constitution` {
  private static let key = ["TEST_KEY": "sk-test-0123456789abcdef"]

  /// A fourth of the made documents begins with `bad`, and the principle is that none does.
  private static func study(_ port: UInt16, _ more: String = "") throws -> TemporaryRepository {
    let labels = (0..<12).map {
      "{\"text\":\"w\($0) good text\",\"label\":true}\n{\"text\":\"w\($0) bad text\",\"label\":false}\n"
    }
    return try GenerationsRepository(
      yaml: GenerationsRepository.yaml(
        """
          filters:
            constitution:
              file: constitution.md
              labels: labels.jsonl
              \(more)
              judge: {api: openai, model: scripted, base_url: "http://127.0.0.1:\(port)/v1", key: TEST_KEY, price: {input: 1, output: 5}, retries: 0}

        """),
      [
        "constitution.md": "# Principles\n\n1. A text is not bad.\n", "labels.jsonl": labels.joined(),
        "generate.sh": GenerationsRepository.generate.replacing(
          "text = \"\"", with: "text = (i % 4 == 0) ? \"bad \" : \"\""),
      ]
    ).repository
  }

  /// The mark of a question and the text that it is about.
  private static func question(_ request: ScriptedServer.Request) -> (mark: String, text: String) {
    let body = request.body
    guard let start = body.firstRange(of: "<<<") else { return ("", "") }
    let mark = String(body[start.upperBound...].prefix(16))
    let rest = body[start.upperBound...].dropFirst(16)
    guard let end = rest.firstRange(of: mark) else { return (mark, "") }
    return (mark, String(rest[..<end.lowerBound]))
  }

  private static func answer(_ request: ScriptedServer.Request, isGood: (String) -> Bool) -> [ScriptedServer.Step] {
    let (mark, text) = question(request)
    let verdict = isGood(text) ? "yes" : "no"
    let content =
      #"{\"case\":\"\#(mark)\",\"critique\":\"c\",\"principles\":[{\"number\":1,\"verdict\":\"\#(verdict)\"}],\"verdict\":\"\#(verdict)\"}"#
    return says(content)
  }

  /// 100 tokens in, 100 out: 0.0006 dollars.
  private static func says(_ content: String) -> [ScriptedServer.Step] {
    ScriptedServer.stream(
      """
      data: {"choices":[{"index":0,"delta":{"content":"\(content)"}}]}

      data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":100}}

      data: [DONE]


      """)
  }

  @Test func `filters, and after a kill is asked nothing whose answer was recorded`() throws {
    let gate = Gate()
    let started = ScriptedServer(answering: { request in
      // After 40 questions, five turns of eight, the server holds the answer until the study was killed.
      gate.count() <= 40 || gate.isOpen ? Self.answer(request) { !$0.contains("bad") } : [.hold]
    })
    let server = try #require(started)
    defer { server.stop() }
    let repository = try Self.study(server.port)
    let study = try #require(repository.start(["run", "--trials", "1"], environment: Self.key))
    #expect(eventually { server.requests.count > 40 || study.hasEnded })
    study.kill(SIGKILL)
    #expect(study.wait().signal == SIGKILL)
    let before = server.requests.count
    gate.open()
    let run = repository.pawl("run", "--trials", "1", environment: Self.key)
    #expect(run.messages.contains("generation 1: 30 of 40 made documents"), "\(run.messages)")
    #expect(repository.pawl("show", "1").output.contains("10 by constitution"))
    // 24 labels and 40 documents. What may come twice are the eight that were open when it was killed.
    let texts = server.requests.map { Self.question($0).text }
    #expect(Set(texts).count == 64)
    #expect(texts.count - 64 <= 8, "\(texts.count) questions, \(before) before the kill")
  }

  @Test func `is refused where it says yes to everything, and not asked again`() throws {
    let started = ScriptedServer(answering: { Self.answer($0) { _ in true } })
    let server = try #require(started)
    defer { server.stop() }
    let repository = try Self.study(server.port)
    let run = repository.pawl("run", "--trials", "2", environment: Self.key)
    #expect(run.messages.contains("is no better than chance: it says yes to all 24"), "\(run.messages)")
    #expect(server.requests.count == 24)
  }

  @Test func `is refused where its answers are prose`() throws {
    let started = ScriptedServer(answering: { _ in Self.says("I think that this is a fine text.") })
    let server = try #require(started)
    defer { server.stop() }
    let repository = try Self.study(server.port)
    let run = repository.pawl("run", "--trials", "2", environment: Self.key)
    #expect(run.messages.contains("of the judge's 16 answers cannot be read"), "\(run.messages)")
    #expect(server.requests.count == 16)
  }

  @Test func `costs no more than it may, in this session and the next`() throws {
    let started = ScriptedServer(answering: { request in Self.answer(request) { !$0.contains("bad") } })
    let server = try #require(started)
    defer { server.stop() }
    let repository = try Self.study(server.port, "spend: 0.0062")
    for _ in 1...2 {
      let run = repository.pawl("run", "--trials", "2", environment: Self.key)
      #expect(run.messages.contains("may cost $0.00620 over the study, and has cost $0.00600"), "\(run.messages)")
      #expect(server.requests.count == 10 || server.requests.count == 11, "\(server.requests.count)")
    }
  }
}

/// Counts what comes, and lets it through once it is open.
private final class Gate: @unchecked Sendable {
  // Safe: everything is behind the lock.
  private let lock = NSLock()
  private var number = 0
  private var opened = false

  func count() -> Int {
    lock.withLock {
      number += 1
      return number
    }
  }
  var isOpen: Bool { lock.withLock { opened } }
  func open() { lock.withLock { opened = true } }
}
