namespace AttentionKernels.Attention;

/// <summary>The sizes by which the host divides a cascade into items.</summary>
/// <param name="Levels">How many ranges of keys, one behind the other, a sequence may have in common with others.</param>
/// <param name="States">The most items of a sequence.</param>
/// <param name="Splits">Into about how many items of one length keys are split where there are too few tiles.</param>
/// <param name="WantedTiles">The tiles that keep the device busy.</param>
/// <param name="TilesOf">The tiles of an item with so many queries.</param>
/// <param name="ItemQueries">The most queries of an item that several sequences have in common.</param>
/// <param name="FewQueries">The most queries of a sequence that takes part; those of others have work enough for the keys they
/// read.</param>
/// <param name="MaximumQueries">The most queries of a sequence.</param>
/// <param name="AlwaysWritesStates">Whether kernels store no outputs of sequences with few queries themselves.</param>
internal sealed record CascadeSizes(
    int Levels, int States, int Splits, long WantedTiles, Func<int, long> TilesOf,
    int ItemQueries, int FewQueries, int MaximumQueries, bool AlwaysWritesStates);
