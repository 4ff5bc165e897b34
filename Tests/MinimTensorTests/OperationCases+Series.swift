// SPDX-License-Identifier: Apache-2.0
import MinimTensor

extension OperationCases {
  /// Rows of the operations on series: pooling, moving averages, spectra, scans, outer products.
  static func addSeries(to rows: inout [String: Row]) {
    for name in ["", "Odd", "Whole", "Empty", "Batch"] {
      let window = name == "Whole" ? 5 : 2
      rows["averagePool" + name] = { [$0[0].averagePooled(over: [window])] }
      rows["maxPool" + name] = { [$0[0].maxPooled(over: [window])] }
    }
    rows["averagePoolOverlapping"] = { [$0[0].averagePooled(over: [4], stride: [3])] }
    rows["maxPoolOverlapping"] = { [$0[0].maxPooled(over: [4], stride: [3])] }
    rows["averagePoolGaps"] = { [$0[0].averagePooled(over: [1], stride: [3])] }
    rows["averagePoolPlane"] = { [$0[0].averagePooled(over: [3, 2], stride: [2, 1])] }
    rows["maxPoolPlane"] = { [$0[0].maxPooled(over: [3, 2], stride: [2, 1])] }

    for (name, window) in ["": 5, "Even": 4, "One": 1, "Long": 25, "Single": 3, "Empty": 3] {
      rows["movingAverage" + name] = { [$0[0].movingAverage(over: window, along: -1)] }
    }
    rows["movingAverageMiddle"] = { [$0[0].movingAverage(over: 3, along: 1)] }

    for name in ["", "Odd", "One", "Two", "Batch", "Empty"] {
      rows["spectrum" + name] = { [$0[0].spectrumAmplitudes()] }
    }
    for (name, axis) in ["": -1, "First": 0, "Middle": 1, "One": 1, "Empty": 1, "Nothing": 1] {
      rows["cumulativeSum" + name] = { [$0[0].cumulativeSum(along: axis)] }
    }
    for name in ["", "Vector", "One", "Empty", "Batch"] {
      rows["outerProducts" + name] = { [$0[0].outerProducts()] }
    }
    for name in ["", "Batch", "Empty"] {
      rows["outerProductsWith" + name] = { [$0[0].outerProducts(with: $0[1])] }
    }
  }
}
