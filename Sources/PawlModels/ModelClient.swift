public import PawlCore
import PawlTransfer
import Synchronization

/// Asks one model, with all the tries that it takes.
///
/// A value that many threads may share; what one of them learns of what the server takes, the others need not try again.
public struct ModelClient: Sendable {
  public let rule: ModelRule
  private let endpoint: Endpoint
  private let secrets: [Secret]
  private let key: Secret?
  private let learned = Learned()

  /// `environment` is where proxies (`https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`) and certificates (`SSL_CERT_FILE`) are
  /// looked up, where the rule has none.
  public init(rule: ModelRule, secret: Secret?, environment: [String: String]) throws(ModelError) {
    self.rule = rule
    endpoint = try Endpoint(rule, environment: environment)
    guard secret?.value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) ?? true else {
      throw ModelError(.key, "the key holds characters that are in no key")
    }
    key = secret
    secrets = (secret.map { [$0] } ?? []) + endpoint.secrets
  }

  /// Returns what the model answers; blocks the calling thread until then.
  ///
  /// A reply that was cut, refused or malformed is a reply, since it was paid; an error is what was not. `seed` spreads the waits between
  /// tries, `isCancelled` is asked twenty times a second.
  public func complete(
    _ request: ModelRequest, seed: UInt64, clock: ModelClock = .system, isCancelled: @escaping @Sendable () -> Bool
  ) throws(ModelError) -> ModelReply {
    let start = clock.elapsed()
    let deadline = start + rule.totalSeconds
    var policy = RetryPolicy(retries: rule.retries, seed: seed)
    var conceded = learned.concessions
    var tries = 0
    while true {
      if isCancelled() { throw ModelError(.cancelled, "the request was cancelled").after(tries) }
      let shape = RequestShape(rule, request, isOpenAIsOwn: endpoint.host == "api.openai.com", without: conceded)
      let body = try rule.body(request, shape)
      tries += 1
      let (error, failure): (ModelError, RetryPolicy.Failure)
      switch send(body, deadline: deadline, clock: clock, isCancelled: isCancelled) {
      case .reply(let draft, let end):
        learned.add(conceded)
        return reply(
          draft, end, to: request, seconds: clock.elapsed() - start, tries: tries, conceded: conceded)
      case .failure(let what, let how): (error, failure) = (what, how)
      }
      if let more = concession(to: failure, shape), !conceded.contains(more) {
        conceded.formUnion(more)
        continue
      }
      switch policy.decide(failure, left: deadline - clock.elapsed(), date: clock.date()) {
      case .again(let wait): clock.wait(wait, isCancelled)
      case .useless: throw error.after(tries)
      case .noTriesLeft:
        throw error.after(tries, hint: rule.retries > 0 ? "`retries` sets how often it is tried again" : nil)
      case .tooLong(let wait):
        throw error.after(
          tries, hint: "the next try would be in \(wait.asDuration), and `total` is \(rule.totalSeconds.asDuration)")
      }
    }
  }

  private func send(
    _ body: JSONValue, deadline: Double, clock: ModelClock, isCancelled: @Sendable () -> Bool
  ) -> ExchangeResult {
    var bytes: [UInt8] = []
    body.write(to: &bytes)
    let reader = ResponseReader(rule.api)
    let transfer = Transfer(
      endpoint: endpoint, headers: headers, body: bytes, idleSeconds: rule.idleSeconds, deadline: deadline)
    let end = transfer.run(into: reader, clock: clock.elapsed, isCancelled: isCancelled)
    return Exchange(rule: rule, endpoint: endpoint, reader: reader, end: end, mask: mask).result()
  }

  private var headers: [String] {
    var headers = [
      "Content-Type: application/json", "Accept: text/event-stream, application/json", "User-Agent: pawl",
      // Without it libcurl waits for a word of the server before a longer body.
      "Expect:",
    ]
    switch rule.api {
    case .anthropic:
      headers.append("anthropic-version: 2023-06-01")
      if let key { headers.append("x-api-key: \(key.value)") }
    case .openai:
      if let key { headers.append("Authorization: Bearer \(key.value)") }
    }
    return headers
  }

  /// Only what costs nothing may be asked for again in another form.
  private func concession(to failure: RetryPolicy.Failure, _ shape: RequestShape) -> Concessions? {
    guard let status = failure.status, ![401, 402, 403, 408, 409, 413, 429].contains(status),
      let words = failure.words, !words.isTooLong, !words.isOutOfMoney
    else { return nil }
    return shape.concession(to: words.message ?? "")
  }

  private func reply(
    _ draft: ReplyDraft, _ end: AgentReply.End, to request: ModelRequest, seconds: Double, tries: Int,
    conceded: Concessions
  ) -> ModelReply {
    let (usage, isEstimated) = draft.usage(requestBytes: request.textBytes)
    return ModelReply(
      text: mask(draft.answer),
      calls: draft.calls.map {
        ToolCall(id: mask($0.id), name: mask($0.name), arguments: maskedArguments($0.arguments))
      },
      usage: usage, usageIsEstimated: isEstimated, model: draft.model.map(mask), end: end, seconds: seconds,
      cost: rule.price?.cost(of: usage) ?? 0, tries: tries, concessions: conceded.names)
  }

  private func mask(_ text: String) -> String { secrets.reduce(text) { $1.redacting($0) } }

  /// In JSON a secret may be written with escapes.
  private func maskedArguments(_ text: String) -> String {
    let masked = mask(text)
    guard !secrets.isEmpty, masked.utf8.contains(0x5c), let value = JSONValue(masked) else { return masked }
    let clean = value.mappingStrings(mask)
    return clean == value ? masked : clean.text
  }
}

/// What a server was found not to take.
private final class Learned: Sendable {
  private let bits = Atomic<UInt32>(0)
  var concessions: Concessions { Concessions(rawValue: bits.load(ordering: .acquiring)) }
  func add(_ more: Concessions) { bits.bitwiseOr(more.rawValue, ordering: .acquiringAndReleasing) }
}

extension ModelError {
  fileprivate func after(_ tries: Int, hint: String? = nil) -> Self {
    var error = hint.map { Self(code, message, hints: hints + [$0]) } ?? self
    error.tries = tries
    return error
  }
}
