public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Slurm, by its programs: sbatch(1), squeue(1), scancel(1), sinfo(1). Works with 20.11 and newer.
///
/// Their texts with columns of our own are read rather than their JSON: that has another shape in each release, lacks filters in some,
/// and needs a plugin that sites leave out.
public struct SlurmScheduler: ClusterScheduler {
  public let rule: SlurmRule
  /// Where programs are looked for, as `PATH` has it.
  private let path: String
  /// What the programs and the jobs get, as `NAME=value`.
  private let environment: [String]

  public var title: String { "Slurm" }

  /// - Parameters:
  ///   - environment: of this process; jobs get of it what finds programs, what sbatch(1) itself reads, and `passed`.
  ///   - passed: names of further variables that jobs need.
  public init(_ rule: SlurmRule, environment: [String: String], passed: Set<String> = []) {
    self.rule = rule
    path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    let usual: Set = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "SLURM_CONF", "TZ"]
    // Not all: jobs are stored with their environment, keys in it too. And within a job, SLURM_* would be that job's own figures.
    var values = environment.filter {
      usual.contains($0.key) || $0.key.hasPrefix("SBATCH_") || passed.contains($0.key)
    }
    values["PATH"] = path
    values["LC_ALL"] = "C.UTF-8"
    self.environment = values.map { "\($0.key)=\($0.value)" }.sorted()
  }

  public func submit(_ jobs: [ClusterJob]) -> [String: Submission] {
    var results: [String: Submission] = [:]
    for batch in SlurmBatch.batches(of: jobs) { submit(batch, into: &results) }
    return results
  }

  private func submit(_ batch: SlurmBatch, into results: inout [String: Submission]) {
    let outcome = submit(batch)
    if case .refused(let error) = outcome, batch.isArray {
      // A site without arrays, or with shorter ones.
      if SlurmComplaint.isAboutArray(error) {
        for job in batch.jobs { results[job.name] = submit(SlurmBatch(single: job)) }
        return
      }
      // An array is taken whole or not at all: what is left of a limit may do for a part of it.
      if error.code == .limited, let (first, second) = batch.halves {
        submit(first, into: &results)
        let last = first.jobs.last.flatMap { results[$0.name] }
        if case .taken = last { return submit(second, into: &results) }
        for job in second.jobs { results[job.name] = outcome }
        return
      }
    }
    for job in batch.jobs {
      if case .taken(let id) = outcome {
        results[job.name] = .taken(id: batch.id(of: job, in: id))
      } else {
        results[job.name] = outcome
      }
    }
  }

  private func submit(_ batch: SlurmBatch) -> Submission {
    do {
      let answer = try call("sbatch", batch.arguments(rule), input: batch.script)
      guard answer.code == 0 else {
        let error = SlurmComplaint.error(answer.messages, program: "sbatch")
        return SlurmComplaint.mayHaveWorked(answer.messages) ? .unknown(error) : .refused(error)
      }
      // `--parsable`: the job's number, and `;cluster` where there are several.
      let number = answer.output.prefix { $0.isASCII && $0.isNumber }
      guard !number.isEmpty else {
        return .unknown(ClusterError(.unreadable, "`sbatch` printed no job number: `\(answer.output.oneLine)`"))
      }
      return .taken(id: String(number))
    } catch {
      return error.code == .unreachable ? .unknown(error) : .refused(error)
    }
  }

  public func records(of names: Set<String>) throws(ClusterError) -> [String: [JobRecord]] {
    let answer = try call("squeue", SlurmQueue.arguments)
    guard answer.code == 0 else { throw SlurmComplaint.error(answer.messages, program: "squeue") }
    return SlurmQueue.records(in: answer.output, of: names)
  }

  public func cancel(_ ids: [String]) throws(ClusterError) {
    // So many fit well on a command line.
    for start in stride(from: 0, to: ids.count, by: 1_000) {
      let some = ids[start..<min(start + 1_000, ids.count)]
      let answer = try call("scancel", ["--quiet"] + some)
      guard answer.code == 0 || !SlurmComplaint.isOfController(answer.messages) else {
        throw SlurmComplaint.error(answer.messages, program: "scancel")
      }
    }
  }

  /// - Throws: also where the program hangs, which a controller that is half down makes it do.
  func call(_ program: String, _ arguments: [String], input: String = "") throws(ClusterError) -> ProgramCall.Answer {
    let places = path.split(separator: ":").map { "\($0)/\(program)" }
    guard let found = places.first(where: { access($0, X_OK) == 0 }) else {
      throw ClusterError(
        .missing, "`\(program)` is not on your PATH",
        hints: ["run Pawl where Slurm's programs are (a login node), or set `executor: local` in pawl.yaml"])
    }
    let answer: ProgramCall.Answer
    do {
      answer = try ProgramCall(program: found, arguments: arguments, environment: environment, input: input).run()
    } catch {
      throw ClusterError(.unreachable, "`\(program)` could not be run: \(error)")
    }
    guard !answer.isLate else { throw ClusterError(.unreachable, "`\(program)` did not answer within a minute") }
    return answer
  }
}

extension String {
  /// The text on one line and at most 300 characters, fit to stand between backticks.
  var oneLine: String {
    let words = split(whereSeparator: \.isNewline).map { $0.replacing("`", with: "'") }.joined(separator: " / ")
    return String(words.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(300).map(Character.init))
  }
}
