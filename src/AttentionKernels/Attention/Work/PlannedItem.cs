namespace AttentionKernels.Attention.Work;

/// <summary>An item of work as the host plans it: what it is, and what becomes of its rows.</summary>
/// <param name="Item">The item; how many keys it has may be known to the device alone.</param>
internal readonly record struct PlannedItem(WorkItem Item)
{
    /// <summary>Ranges that the keys are split into.</summary>
    public int Splits { get; init; } = 1;

    /// <summary>Where the item's first query stands among those whose rows have partial states; −1 if its tiles write outputs.</summary>
    public int StateRow { get; init; } = -1;

    /// <summary>Which of its rows' partial states the item writes, the first of them if its keys are split.</summary>
    public int FirstState { get; init; }

    /// <summary>Whether the rows' partial states are merged once the item's are there, the last ones.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>Whether the rows have partial states.</summary>
    public bool HasStates => StateRow >= 0;
}
