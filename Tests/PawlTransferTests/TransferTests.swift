import CCurl
import PawlCore
import PawlTestSupport
import Testing

@testable import PawlTransfer

/// One request, whatever it is for.
@Suite struct TransferTests {
  private final class Receiver: TransferReceiver {
    var status = 0
    var headers: [String: String] = [:]
    var body = ""
    let most: Int
    init(most: Int = .max) { self.most = most }
    func begin(status: Int) { self.status = status }
    func take(header name: String, _ value: String) { headers[name.lowercased()] = value }
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
      body += String(decoding: bytes, as: UTF8.self)
      return body.utf8.count <= most
    }
  }

  private func endpoint(_ url: String, _ environment: [String: String] = [:]) throws -> Endpoint {
    let parts = try #require(URLParts(url))
    let way = Endpoint.proxy(for: parts, environment)
    return Endpoint(
      url: url, parts: parts, proxy: way.proxy, noProxy: way.noProxy,
      certificates: Endpoint.certificates(environment))
  }

  @Test(arguments: [Transfer.Method.get, .post])
  func `each method reaches the server, a body with the one that has one`(method: Transfer.Method) throws {
    let server = try #require(ScriptedServer([ScriptedServer.response("yes", status: 201, headers: [("X-A", " b ")])]))
    defer { server.stop() }
    let receiver = Receiver()
    let transfer = Transfer(
      endpoint: try endpoint(server.url + "/a?b", ["http_proxy": "http://127.0.0.1:1"]), method: method,
      headers: ["X-Own: c"], body: method == .post ? Array("{}".utf8) : [], idleSeconds: 60, deadline: .infinity)
    guard case .done = transfer.run(into: receiver, clock: { 0 }, isCancelled: { false }) else {
      Issue.record("not done")
      return
    }
    #expect(receiver.status == 201 && receiver.body == "yes" && receiver.headers["x-a"] == "b")
    let request = try #require(server.requests.first)
    let word = method == .get ? "GET" : "POST"
    #expect(request.method == word && request.target == "/a?b" && request.headers["x-own"] == "c")
    #expect(request.body == (method == .post ? "{}" : ""))
  }

  @Test func `a receiver that wants no more, a deadline and a cancellation end it`() throws {
    let server = try #require(ScriptedServer([ScriptedServer.response("far too much"), [.hold]]))
    defer { server.stop() }
    func end(_ deadline: Double, _ receiver: Receiver, isCancelled: @Sendable () -> Bool) throws -> Transfer.End {
      Transfer(
        endpoint: try endpoint(server.url), method: .get, headers: [], idleSeconds: 60, deadline: deadline
      ).run(into: receiver, clock: { 1 }, isCancelled: isCancelled)
    }
    guard case .stopped = try end(.infinity, Receiver(most: 3), isCancelled: { false }) else {
      Issue.record("not stopped")
      return
    }
    guard case .cancelled = try end(.infinity, Receiver(), isCancelled: { true }) else {
      Issue.record("not cancelled")
      return
    }
    guard case .outOfTime = try end(1, Receiver(), isCancelled: { false }) else {
      Issue.record("not out of time")
      return
    }
  }

  @Test func `a failure has words of its own, and a redirection is not followed`() throws {
    let gone = try #require(ClosedPort())
    let transfer = Transfer(
      endpoint: try endpoint(gone.url), method: .get, headers: [], idleSeconds: 60, deadline: .infinity)
    guard case .failed(let failure) = transfer.run(into: Receiver(), clock: { 0 }, isCancelled: { false }) else {
      Issue.record("it did not fail")
      return
    }
    #expect(failure.code == CURLE_COULDNT_CONNECT && !failure.description.isEmpty)
    let server = try #require(
      ScriptedServer([ScriptedServer.response("", status: 302, headers: [("Location", gone.url)])]))
    defer { server.stop() }
    let receiver = Receiver()
    let asked = Transfer(
      endpoint: try endpoint(server.url), method: .get, headers: [], idleSeconds: 60, deadline: .infinity)
    guard case .done = asked.run(into: receiver, clock: { 0 }, isCancelled: { false }) else {
      Issue.record("not done")
      return
    }
    #expect(receiver.status == 302 && server.requests.count == 1)
  }
}
