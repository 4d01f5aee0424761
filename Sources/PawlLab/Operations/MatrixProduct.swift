import COpenBLAS
import Synchronization

/// Counts floating-point operations, which is what a budget is spent in.
///
/// Products and attention count exactly (two for a multiply and add); row loops count about what they do for each element.
enum Meter {
  private static let spentOperations = Atomic<Int>(0)
  static var spent: Int { spentOperations.load(ordering: .relaxed) }
  static func charge(_ operations: Int) { spentOperations.wrappingAdd(operations, ordering: .relaxed) }
}

/// One thread for each program: the engine runs attempts side by side, and two pools would fight for the cores.
private let singleThreaded: Void = openblas_set_num_threads(1)

/// Whether a factor is used as it lies in memory or transposed.
enum Orientation { case plain, transposed }

/// Computes `result = alpha op(a) op(b) + beta result`, row-major, with `m` x `k` and `k` x `n` after `op`.
func multiply(
  _ a: Floats, _ aStride: Int, _ aOrientation: Orientation, _ b: Floats, _ bStride: Int, _ bOrientation: Orientation,
  into result: Floats, _ resultStride: Int, m: Int, n: Int, k: Int, alpha: Float = 1, beta: Float = 0
) {
  guard m > 0, n > 0, k > 0 else { return }
  singleThreaded
  Meter.charge(2 * m * n * k)
  cblas_sgemm(
    CblasRowMajor, aOrientation == .plain ? CblasNoTrans : CblasTrans,
    bOrientation == .plain ? CblasNoTrans : CblasTrans,
    blasint(m), blasint(n), blasint(k), alpha, a, blasint(aStride), b, blasint(bStride), beta, result,
    blasint(resultStride))
}
