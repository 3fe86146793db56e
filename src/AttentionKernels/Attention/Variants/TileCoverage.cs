namespace AttentionKernels;

/// <summary>What a mask lets through of a tile, some queries by some keys.</summary>
public enum TileCoverage
{
    /// <summary>It may be anything: each score is asked about.</summary>
    Partial,

    /// <summary>Nothing: the tile is skipped.</summary>
    Empty,

    /// <summary>Everything: no score need be asked about.</summary>
    Full,

    /// <summary>Exactly the keys in the <see cref="IMask{TSelf}.Range"/> of each query: whole vectors may be masked by it, and no score
    /// need be asked about.</summary>
    InRanges,
}
