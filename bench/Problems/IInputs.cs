namespace AttentionKernels.Problems;

/// <summary>What a tensor holds, seen from the model that it would belong to.</summary>
internal enum Content
{
    /// <summary>Queries, after rotary embedding.</summary>
    Query,

    /// <summary>Keys, after rotary embedding.</summary>
    Key,

    /// <summary>Values.</summary>
    Value,

    /// <summary>What flows through the layers, and into the norms.</summary>
    Stream,

    /// <summary>What a norm multiplies by.</summary>
    NormWeight,
}

/// <summary>Where the elements of the inputs come from.</summary>
internal interface IInputs
{
    /// <summary>What the inputs are, for people to read.</summary>
    string Description { get; }

    /// <summary>Elements for a tensor; the same call gives the same elements.</summary>
    float[] Take(Content content, long count);
}
