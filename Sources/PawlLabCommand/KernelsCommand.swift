import PawlLab
import PawlReferee
import PawlRefereeProtocol

/// `pawl-lab kernels`: which loops this processor gets, and how fast it multiplies with them.
struct KernelsCommand {
  private let size: (depth: Int, width: Int)
  private let context: Int
  private let threads: Int
  private let seconds: Double

  init(_ arguments: ArraySlice<String>) throws(LabError) {
    let parsed = try Arguments(arguments, options: ["--depth", "--width", "--context", "--threads", "--seconds"])
    if let plain = parsed.plain { throw LabError(.usage, "`\(plain)` is one argument too many") }
    size = (
      try parsed.number("--depth", from: 1, to: 1000) ?? 4, try parsed.number("--width", from: 8, to: 8192) ?? 128
    )
    context = try parsed.number("--context", from: 8, to: 4096) ?? 256
    threads = try parsed.number("--threads", from: 1, to: 256) ?? 1
    seconds = try parsed.time("--seconds") ?? 1
  }

  /// Multiplies for a while and prints what came of it.
  func run() {
    for precision in Precision.allCases {
      let rate = ProductRate.measure(
        depth: size.depth, width: size.width, context: context, threads: threads, precision: precision,
        seconds: seconds)
      say("---")
      say("kernels: \(rate.variant)")
      say("precision: \(precision.rawValue)")
      say("gflops: \(fixed(rate.operationsPerSecond * 1e-9, 1))")
      say("operations_per_token: \(fixed(rate.operationsPerToken, 0))")
      say("tokens_per_second_of_products: \(fixed(rate.operationsPerSecond / rate.operationsPerToken, 0))")
    }
  }
}
