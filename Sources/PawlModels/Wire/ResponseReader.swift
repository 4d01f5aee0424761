import PawlCore
import PawlTransfer

/// Reads a response while it comes, whatever it turns out to be.
final class ResponseReader: TransferReceiver {
  enum Kind {
    /// Nothing but space has come.
    case undecided
    case stream
    case json
    /// Anything else: a web page, mostly.
    case other
  }
  private(set) var status = 0
  private(set) var headers = Headers()
  private(set) var kind = Kind.undecided
  /// All of a body that is no stream.
  private(set) var body: [UInt8] = []
  /// Whether it was ended because it grew too long.
  private(set) var isTooLong = false
  private var events = EventStream()
  private var reading: any ReplyReading

  /// Bytes of a reply's own texts, or of a body that is no stream.
  static let replyLimit = 8 << 20
  /// Bytes on the wire: each piece of a stream comes wrapped.
  private static let wireLimit = 1 << 30
  /// Bytes of what tells of an error.
  private static let errorLimit = 1 << 16
  private var received = 0

  init(_ api: ModelRule.API) {
    reading = api == .anthropic ? AnthropicReading() : OpenAIReading()
  }

  var draft: ReplyDraft { reading.draft }
  var isSuccess: Bool { (200..<300).contains(status) }

  func begin(status: Int) {
    self.status = status
    headers = Headers()
  }

  func take(header name: String, _ value: String) { headers.add(name, value) }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    received += bytes.count
    if kind == .undecided { decide(bytes) }
    guard kind == .stream else {
      let limit = isSuccess && kind == .json ? Self.replyLimit : Self.errorLimit
      body.append(contentsOf: bytes.prefix(limit - body.count))
      if body.count < limit { return true }
      isTooLong = true
      return false
    }
    for event in events.take(bytes) {
      take(event)
      if isOver { return false }
    }
    isTooLong =
      draft.contentBytes > Self.replyLimit || events.heldBytes > Self.replyLimit || received > Self.wireLimit
    return !isTooLong
  }

  /// Takes what the end of the response completes.
  func finish() {
    switch kind {
    case .stream: if !isOver, let event = events.finish() { take(event) }
    case .json:
      guard isSuccess, let value = JSONValue(bytes: body) else { return }
      // Some have both, an answer that was cut and why.
      if !reading.take(whole: value) { reading.draft.failure = ServerWords(value) }
    case .undecided, .other: break
    }
  }

  /// What the server says is wrong, in a body that is no stream.
  var words: ServerWords? {
    guard let value = JSONValue(bytes: body) else { return nil }
    return ServerWords(value) ?? ServerWords(message: value)
  }

  /// Whether a body that is no JSON looks like a part of a paid answer.
  var looksPaid: Bool {
    kind == .json && isSuccess && body.starts(with: [0x7b])
      && ["\"choices\"", "\"content\""].contains { String(decoding: body.prefix(4096), as: UTF8.self).contains($0) }
  }

  private var isOver: Bool { draft.isComplete || draft.failure != nil }

  private func take(_ event: StreamEvent) { reading.take(event) }

  private func decide(_ bytes: UnsafeRawBufferPointer) {
    // By what comes, not by its type: servers answer in JSON where a stream was asked for, and with the wrong type.
    guard let first = bytes.first(where: { $0 > 0x20 }) else { return }
    switch first {
    case 0x7b, 0x5b: kind = .json
    case 0x3c: kind = .other
    default: kind = isSuccess ? .stream : .other
    }
  }
}
