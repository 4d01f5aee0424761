import PawlCore
import PawlTestSupport
import Testing

@testable import PawlCluster

/// What goes to Ray and what is made of its answers, with a server that answers as a script says.
@Suite struct RayWireTests {
  private let job = ClusterJob(
    series: "pawl-s-1f", number: 7, command: ["/opt/pawl", "attempt"], folder: "/data/it's/7",
    resources: ClusterResources(gpus: 2, cores: 8, memory: .gibibytes(4), wallSeconds: 100))

  private func ray(_ server: ScriptedServer, _ environment: [String: String] = [:]) -> RayScheduler {
    RayScheduler(RayRule(address: server.url), environment: environment, passed: ["WANTED"])
  }

  private func json(_ text: String, status: Int = 200) -> [ScriptedServer.Step] {
    ScriptedServer.response(text, status: status)
  }

  @Test func `a job says what it is, what it needs, and what becomes of it where its folder is missing`() throws {
    let server = try #require(ScriptedServer([json(#"{"submission_id": "pawl-s-1f-7"}"#)]))
    defer { server.stop() }
    let ray = ray(
      server, ["WANTED": "a'b $HOME", "OTHER": "b", "RAY_AUTH_TOKEN": "t0ken\n", "http_proxy": "http://127.0.0.1:1"])
    guard case .taken("pawl-s-1f-7") = ray.submit([job])[job.name] else {
      Issue.record("not taken")
      return
    }
    let request = try #require(server.requests.first)
    #expect(request.method == "POST" && request.target == "/api/jobs/")
    #expect(request.headers["authorization"] == "Bearer t0ken")
    let body = try #require(JSONValue(request.body))
    #expect(body["submission_id"]?.string == "pawl-s-1f-7")
    #expect(
      body["entrypoint"]?.string
        == #"export WANTED='a'\''b $HOME'; cd '/data/it'\''s/7' || exit 66; exec >>node.txt 2>&1 || exit 66; exec '/opt/pawl' 'attempt' '/data/it'\''s/7'"#
    )
    #expect(body["entrypoint_num_cpus"]?.integer == 8 && body["entrypoint_num_gpus"]?.integer == 2)
    #expect(body["entrypoint_memory"]?.integer == 4 << 30)
    #expect(body["runtime_env"] == JSONValue("{}"))
  }

  @Test func `a name that Ray has already is the same job while it lives, and gets a number when it has ended`() throws
  {
    let refusal = json("Traceback:\nValueError: Job with submission_id pawl-s-1f-7 already exists. Please", status: 500)
    func entry(_ id: String, _ status: String) -> String { #"{"submission_id": "\#(id)", "status": "\#(status)"}"# }
    for (list, id, count) in [
      (entry("pawl-s-1f-7", "RUNNING"), "pawl-s-1f-7", 2),
      (entry("pawl-s-1f-7.2", "PENDING") + "," + entry("pawl-s-1f-7", "FAILED"), "pawl-s-1f-7.2", 2),
      (entry("pawl-s-1f-7", "STOPPED") + "," + entry("pawl-s-1f-77.5", "STOPPED"), "pawl-s-1f-7.2", 3),
      (entry("pawl-s-1f-7.9", "FAILED") + "," + entry("pawl-s-1f-7.x", "RUNNING"), "pawl-s-1f-7.10", 3),
    ] {
      let server = try #require(
        ScriptedServer([refusal, json("[\(list)]"), json(#"{"submission_id": "\#(id)"}"#)]))
      defer { server.stop() }
      guard case .taken(id) = ray(server).submit([job])[job.name] else {
        Issue.record("\(list)")
        continue
      }
      #expect(server.requests.map(\.method) == Array(["POST", "GET", "POST"].prefix(count)))
      if count == 3 { #expect(JSONValue(server.requests[2].body)?["submission_id"]?.string == id) }
    }
  }

  @Test(arguments: [
    (#""status": "RUNNING", "driver_node_id": "ab""#, JobState.running(node: "ab")),
    (#""status": "SUCCEEDED", "driver_exit_code": 0"#, .ended(.completed)),
    (#""status": "STOPPED""#, .ended(.cancelled)),
    (#""status": "FAILED", "driver_exit_code": 66"#, .ended(.exited(code: 66))),
    (#""status": "FAILED", "driver_exit_code": -9"#, .ended(.signalled(9))),
    (#""status": "FAILED", "driver_exit_code": 137"#, .ended(.signalled(9))),
    (#""status": "FAILED", "driver_exit_code": 1e300"#, .ended(.other("FAILED"))),
    (#""status": "FAILED", "error_type": "JOB_SUPERVISOR_ACTOR_START_TIMEOUT""#, .ended(.gaveUpWaiting)),
    (#""status": "FAILED", "error_type": "JOB_SUPERVISOR_ACTOR_DIED""#, .ended(.nodeFailed)),
    (#""status": "FAILED", "error_type": "RUNTIME_ENV_SETUP_FAILURE""#, .ended(.other("RUNTIME_ENV_SETUP_FAILURE"))),
    (#""status": "FAILED""#, .ended(.other("FAILED"))),
    (#""status": "A_NEW_WORD""#, .running(node: "")),
  ])
  func `the states of jobs are told apart`(fields: String, state: JobState) throws {
    let list = #"[{"submission_id": null, "status": "FAILED"}, 3, {"submission_id": "pawl-s-1f-7", \#(fields)}]"#
    let server = try #require(ScriptedServer([json(list)]))
    defer { server.stop() }
    let records = try ray(server).records(of: ["pawl-s-1f-7", "pawl-s-1f-8"])
    #expect(records == ["pawl-s-1f-7": [JobRecord(id: "pawl-s-1f-7", state: state)]])
  }

  @Test func `a job that no node can hold waits with that reason, and others for their turn`() throws {
    func entry(_ number: Int, _ cores: Int) -> String {
      #"{"submission_id": "pawl-s-1f-\#(number)", "status": "PENDING", "metadata": {"pawl_cores": "\#(cores)", "pawl_gpus": "1"}}"#
    }
    let nodes = #"{"a": {"CPU": [1.0, 4.0], "GPU": [0, 1]}, "b": {"CPU": [0.0, 16.0], "memory": [0, 1e9]}}"#
    let server = try #require(
      ScriptedServer([
        json("[\(entry(1, 4)), \(entry(2, 8))]"),
        json(#"{"data": {"clusterStatus": {"loadMetricsReport": {"usageByNode": \#(nodes)}}}}"#),
      ]))
    defer { server.stop() }
    let records = try ray(server).records(of: ["pawl-s-1f-1", "pawl-s-1f-2"])
    #expect(records["pawl-s-1f-1"]?.first?.state == .queued(reason: nil))
    guard case .queued(let reason?) = records["pawl-s-1f-2"]?.first?.state else {
      Issue.record("no reason")
      return
    }
    #expect(reason.hasPrefix("no node has 8 CPUs, 1 GPUs at once: the most of each is 16 CPUs, 1 GPUs, "))
  }

  @Test(arguments: [
    (200, "<!DOCTYPE html><title>Hello</title>", ClusterError.Code.unreadable, "web page"),
    (200, "hello", .unreadable, "is not Ray"), (200, #"{"version": 1}"#, .unreadable, "is not Ray"),
    (404, "404: Not Found", .unreadable, "is not Ray"), (302, "", .unreadable, "elsewhere"),
    (401, "Unauthorized: Missing authentication token", .refused, "asks for a token"),
    (503, "", .unreachable, "does not answer now"), (500, "Traceback\nValueError: no", .unreachable, "ValueError: no"),
    (
      500, "RuntimeError: Request failed with status code 400: Traceback\nTypeError: bad\n.", .refused, "TypeError: bad"
    ),
    (200, "", .unreadable, "is not Ray"),
  ])
  func `what is not Ray is named`(status: Int, text: String, code: ClusterError.Code, words: String) throws {
    let server = try #require(ScriptedServer([ScriptedServer.response(text, status: status, type: "text/plain")]))
    defer { server.stop() }
    let error = #expect(throws: ClusterError.self) { try ray(server).check(ClusterResources()) }
    #expect(error?.code == code && error?.message.contains(words) == true, "\(String(describing: error))")
    #expect(ray(server).findings(ClusterResources()).map(\.state) == [.missing])
  }

  @Test func `an address where nobody listens is an error with a hint, and no job is called refused`() throws {
    let gone = try #require(ClosedPort())
    let ray = RayScheduler(RayRule(address: gone.url + "/"), environment: ["http_proxy": "http://127.0.0.1:1"])
    let error = #expect(throws: ClusterError.self) { try ray.check(ClusterResources()) }
    #expect(error?.code == .unreachable && error?.hints.first?.contains("executor.ray.address") == true)
    let other = ClusterJob(series: "pawl-s-1f", number: 8, command: ["x"], folder: "/", resources: job.resources)
    let answers = ray.submit([job, other])
    guard case .unknown = answers[job.name], case .refused(let later) = answers[other.name] else {
      Issue.record("\(answers)")
      return
    }
    #expect(later.isPassing, "it was not even sent")
  }
}
