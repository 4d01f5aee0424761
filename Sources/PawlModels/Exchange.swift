import CCurl
import PawlCore
import PawlTransfer

/// What one request to the server came to.
enum ExchangeResult {
  /// Something was paid for, whole or not.
  case reply(ReplyDraft, AgentReply.End)
  case failure(ModelError, RetryPolicy.Failure)
}

/// Makes of a response, and of how its transfer ended, a reply or a failure.
struct Exchange {
  let rule: ModelRule
  let endpoint: Endpoint
  let reader: ResponseReader
  let end: Transfer.End
  /// Masks what must not be shown.
  let mask: (String) -> String

  func result() -> ExchangeResult {
    finish()
    if reader.status == 0 || (reader.status < 200 && !reader.draft.hasBegun) { return interrupted() }
    guard reader.isSuccess else { return turnedDown() }
    let draft = reader.draft
    if draft.hasBegun || reader.looksPaid { return .reply(draft, replyEnd(draft)) }
    if let words = draft.failure { return failure(words, status: words.impliedStatus, isInside: true) }
    switch end {
    case .done, .stopped: return meaningless(draft)
    case .cancelled, .idle, .outOfTime, .failed: return interrupted()
    }
  }

  private func finish() {
    switch end {
    case .done: reader.finish()
    // An answer may be whole although its connection was not closed as it should be; of a stream the rest is a torn piece.
    case .failed where reader.kind == .json: reader.finish()
    default: break
    }
  }

  // MARK: something was paid for

  private func replyEnd(_ draft: ReplyDraft) -> AgentReply.End {
    if let malformed = draft.malformed { return .broken(reason: mask(malformed)) }
    if let words = draft.failure {
      return .broken(reason: "the server broke the reply off: \(shown(words) ?? "it does not say why")")
    }
    if reader.isTooLong { return .broken(reason: "the reply is longer than 8 MiB") }
    // What comes behind its end, a count of tokens at most, does not make a reply less whole.
    if let stop = draft.stop { return masked(stop) }
    if draft.isComplete { return .finished }
    switch end {
    case .cancelled: return .broken(reason: "it was cancelled")
    case .idle: return .broken(reason: "nothing more came for \(rule.idleSeconds.asDuration)")
    case .outOfTime: return .broken(reason: "it took longer than \(rule.totalSeconds.asDuration)")
    case .failed(let failure): return .broken(reason: "the connection was cut: \(mask(words(of: failure)))")
    case .done, .stopped:
      return .broken(
        reason: reader.kind == .json ? "the reply is no whole JSON" : "the stream ended before the reply did")
    }
  }

  private func masked(_ stop: AgentReply.End) -> AgentReply.End {
    switch stop {
    case .finished, .truncated: stop
    case .refused(let reason): .refused(reason: mask(reason))
    case .broken(let reason): .broken(reason: mask(reason))
    }
  }

  // MARK: nothing came

  private func interrupted() -> ExchangeResult {
    let onTheWay = RetryPolicy.Failure(isOnTheWay: true)
    switch end {
    case .cancelled: return .failure(ModelError(.cancelled, "the request was cancelled"), RetryPolicy.Failure())
    case .idle:
      return .failure(
        ModelError(
          .timedOut, "`\(endpoint.host)` sent nothing for \(rule.idleSeconds.asDuration)",
          hints: ["`idle` sets how long to wait for a byte; a model that thinks long may be silent meanwhile"]),
        onTheWay)
    case .outOfTime:
      return .failure(
        ModelError(
          .timedOut, "`\(endpoint.host)` did not answer within \(rule.totalSeconds.asDuration)",
          hints: ["`total` sets how long a reply may take in all"]), RetryPolicy.Failure())
    case .failed(let failure): return disconnected(failure)
    case .done, .stopped:
      return .failure(
        ModelError(.unreadable, "`\(endpoint.host)` does not answer as a web server"), RetryPolicy.Failure())
    }
  }

  private func disconnected(_ failure: Transfer.Failure) -> ExchangeResult {
    let said = mask(words(of: failure))
    switch failure.code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM:
      return .failure(
        ModelError(
          .certificate, "the certificate of `\(endpoint.host)` is not trusted: \(said)",
          hints: ["`certificates` names a file of certificates to trust, as `SSL_CERT_FILE` does"]),
        RetryPolicy.Failure())
    case CURLE_SSL_CONNECT_ERROR:
      return .failure(
        ModelError(.certificate, "no encrypted connection to `\(endpoint.host)`: \(said)"),
        RetryPolicy.Failure(isOnTheWay: true))
    default:
      let proxyStatus = (400...599).contains(failure.proxyStatus) ? failure.proxyStatus : nil
      return .failure(
        ModelError(.connection, "no answer from `\(endpoint.host)`: \(said)", hints: connectionHints(failure.code)),
        // A proxy that does not let anything through will not either in a minute.
        RetryPolicy.Failure(status: proxyStatus, isOnTheWay: proxyStatus == nil))
    }
  }

  private func connectionHints(_ code: CURLcode) -> [String] {
    if endpoint.proxy != nil {
      return ["requests go through a proxy: `proxy` sets it, else `https_proxy`, `http_proxy` and `no_proxy`"]
    }
    if endpoint.isLoopback, code == CURLE_COULDNT_CONNECT {
      return ["is the server started? `base_url` is `\(rule.baseURL ?? "")`"]
    }
    return code == CURLE_COULDNT_RESOLVE_HOST ? ["`base_url` says where the server is"] : []
  }

  private func words(of failure: Transfer.Failure) -> String {
    oneLine(failure.description)
  }

  private func meaningless(_ draft: ReplyDraft) -> ExchangeResult {
    let failure = RetryPolicy.Failure(status: reader.status, headers: reader.headers)
    let hint = "`base_url` is where `\(rule.api == .anthropic ? "/v1/messages" : "/chat/completions")` follows"
    switch reader.kind {
    case .undecided:
      return .failure(ModelError(.empty, "`\(endpoint.host)` answered with nothing at all"), failure)
    case .other:
      let page = mask(pageWords(reader.body))
      return .failure(
        ModelError(
          .unreadable, "`\(endpoint.host)` answered with a web page in place of a reply: \(page)", hints: [hint]),
        failure)
    case .json:
      let text = mask(oneLine(String(decoding: reader.body, as: UTF8.self), limit: 120))
      return .failure(
        ModelError(.unreadable, "`\(endpoint.host)` answered with other JSON than a reply: `\(text)`", hints: [hint]),
        failure)
    case .stream:
      return .failure(
        ModelError(
          .unreadable,
          "`\(endpoint.host)` answered with a stream that holds no reply\(draft.malformed.map { ": " + mask($0) } ?? "")",
          hints: [hint]), failure)
    }
  }

  // MARK: the server said no

  private func turnedDown() -> ExchangeResult {
    if (300..<400).contains(reader.status) {
      let place = reader.headers["location"].map {
        mask(oneLine(String($0.prefix { $0 != "?" && $0 != "#" }), limit: 120))
      }
      return .failure(
        ModelError(
          .redirected,
          "`\(endpoint.host)` sends requests on to `\(place ?? "somewhere else")`, where the key does not follow",
          hints: ["set `base_url` to the address that it names, if you trust it"]), RetryPolicy.Failure())
    }
    if let words = reader.words { return failure(words, status: reader.status, isInside: false) }
    return failure(nil, status: reader.status, isInside: false)
  }

  private func failure(_ words: ServerWords?, status: Int, isInside: Bool) -> ExchangeResult {
    let told = RetryPolicy.Failure(status: status, headers: reader.headers, words: words)
    let said = shown(words) ?? (reader.kind == .json ? nil : page())
    let number = isInside ? "an error inside of a reply" : "\(status)"
    let message = "`\(endpoint.host)` answered \(number)" + (said.map { ": \($0)" } ?? "")
    let (code, hints) = meaning(of: status, words)
    return .failure(ModelError(code, message, hints: hints), told)
  }

  private func page() -> String? {
    let words = mask(pageWords(reader.body))
    return words.isEmpty ? nil : words
  }

  private func meaning(of status: Int, _ words: ServerWords?) -> (ModelError.Code, [String]) {
    if words?.isOutOfMoney == true || status == 402 {
      return (.quota, ["the provider's account says what is left, and when there is more"])
    }
    if words?.isTooLong == true {
      return (.tooLong, ["`context` is how many tokens the model is told, `max_tokens` how many it may write"])
    }
    switch status {
    case 401:
      return (.unauthorized, ["`key` names the variable that holds the key, `key_file` a file"])
    case 403: return (.unauthorized, ["the key may not use `\(rule.model)`, or not from here"])
    case 404:
      return (
        .notFound,
        rule.api == .openai
          ? ["is `model` the server's name of it? `base_url` mostly ends in `/v1`"]
          : ["is `model` the server's name of it? `base_url` ends before `/v1/messages`"]
      )
    case 413: return (.tooLong, ["`context` is how many tokens the model is told"])
    case 429, 503, 529: return (.busy, [])
    case 408, 504: return (.timedOut, [])
    case 500...: return (.failed, [])
    default: return (.refused, [])
    }
  }

  /// The server's own words, on one line; what must not be seen is masked before anything is cut.
  private func shown(_ words: ServerWords?) -> String? {
    guard let words else { return nil }
    let label = words.type ?? words.code
    guard let message = words.message.map(mask), !message.isEmpty else { return label.map { oneLine(mask($0)) } }
    return oneLine(message)
  }
}
