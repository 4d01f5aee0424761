import PawlCore

/// Jobs that go to Slurm in one call: one, or an array of them.
///
/// An array has one name for all its tasks, so a task's number is chosen to say which job it is: the job's number within its
/// block of a thousand, while the block stands in the name. Slurm's usual largest index is 1000 (slurm.conf, MaxArraySize).
struct SlurmBatch {
  static let block = 1_000
  let jobs: [ClusterJob]
  let isArray: Bool

  init(single job: ClusterJob) {
    jobs = [job]
    isArray = false
  }

  private init(array jobs: [ClusterJob]) {
    self.jobs = jobs
    isArray = true
  }

  /// Two arrays of about the same length; nil for one job.
  var halves: (SlurmBatch, SlurmBatch)? {
    guard jobs.count > 1 else { return nil }
    let middle = jobs.count / 2
    return (SlurmBatch(array: Array(jobs[..<middle])), SlurmBatch(array: Array(jobs[middle...])))
  }

  /// What jobs of one call must have in common.
  private struct Kind: Hashable {
    let series: String
    let block: Int
    let resources: ClusterResources
    let command: [String]
  }

  static func batches(of jobs: [ClusterJob]) -> [SlurmBatch] {
    var kinds: [Kind] = []
    var members: [Kind: [ClusterJob]] = [:]
    for job in jobs {
      let kind = Kind(
        series: job.series, block: job.number / block, resources: job.resources, command: job.command)
      if members[kind] == nil { kinds.append(kind) }
      members[kind, default: []].append(job)
    }
    return kinds.map { SlurmBatch(array: (members[$0] ?? []).sorted { $0.number < $1.number }) }
  }

  /// The job that a task of an array, or a job without tasks, is; nil for one that is none of ours.
  static func name(ofJob name: String, task: String) -> String? {
    guard task != "N/A", !task.isEmpty else { return name }
    guard name.hasSuffix("k"), let dash = name.lastIndex(of: "-"), let index = Int(task), (0..<block).contains(index),
      let number = Int(name[name.index(after: dash)...].dropLast()), (0...Int.max / block - 1).contains(number)
    else { return nil }
    return "\(name[..<dash])-\(number * block + index)"
  }

  func id(of job: ClusterJob, in id: String) -> String { isArray ? "\(id)_\(job.number % Self.block)" : id }

  private var name: String {
    guard let job = jobs.first else { return "" }
    return isArray ? "\(job.series)-\(job.number / Self.block)k" : job.name
  }

  /// The script that Slurm runs for each job; it becomes the job's program, so that signals reach that.
  var script: String {
    var text = "#!/bin/sh\n"
    if isArray {
      text += "case \"$SLURM_ARRAY_TASK_ID\" in\n"
      for job in jobs { text += "\(job.number % Self.block)) set -- \(Self.quoted(job.folder)) ;;\n" }
      text += "esac\n"
    } else if let job = jobs.first {
      text += "set -- \(Self.quoted(job.folder))\n"
    }
    let words = (jobs.first?.command ?? []).map(Self.quoted).joined(separator: " ")
    return text
      + """
      cd "$1" || exit \(JobExit.noFolder)
      exec >>\(ClusterJob.output) 2>&1 || exit \(JobExit.noFolder)
      exec \(words) "$1"

      """
  }

  /// Options of sbatch(1); the user's own come last, and so prevail.
  func arguments(_ rule: SlurmRule) -> [String] {
    guard let resources = jobs.first?.resources else { return [] }
    var arguments = ["--parsable", "--job-name=\(name)"]
    if isArray { arguments.append("--array=\(jobs.map { String($0.number % Self.block) }.joined(separator: ","))") }
    arguments += [
      "--nodes=1", "--ntasks=1", "--requeue", "--open-mode=append", "--input=/dev/null", "--output=/dev/null",
      "--chdir=/",
    ]
    if let cores = resources.cores { arguments.append("--cpus-per-task=\(cores)") }
    if resources.gpus > 0 { arguments.append("--gres=gpu:\(resources.gpus)") }
    if let memory = resources.memory { arguments.append("--mem=\(Self.mebibytes(memory))M") }
    if let minutes = Self.minutes(resources) { arguments.append("--time=\(minutes)") }
    arguments += [("partition", rule.partition), ("account", rule.account), ("qos", rule.qos)].compactMap {
      key, value in
      value.map { "--\(key)=\($0)" }
    }
    return arguments + rule.options
  }

  static func minutes(_ resources: ClusterResources) -> Int? {
    resources.wallSeconds.map { Int(max(1, min(1e7, ($0 / 60).rounded(.up)))) }
  }

  private static func mebibytes(_ bytes: Bytes) -> Int64 {
    let (rounded, overflow) = bytes.count.addingReportingOverflow((1 << 20) - 1)
    return max(1, (overflow ? bytes.count : rounded) >> 20)
  }

  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
