namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>All experiments.</summary>
internal static class Suite
{
    private static readonly Func<Normalizer, Population, Finding>[] _experiments =
    [
        BatchSize.Run, NeighbourLength.Run, TestLength.Run, CommonShift.Run, FeatureShift.Run, Scale.Run, OutlierFeature.Run, LargeMean.Run,
    ];

    /// <summary>Runs all experiments, one after the other.</summary>
    public static IReadOnlyList<Finding> Run(Normalizer norms, Population population) =>
        [.. _experiments.Select(run => run(norms, population))];
}
