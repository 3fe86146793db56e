namespace AttentionKernels.Attention;

/// <summary>What the planner decided, and why.</summary>
/// <param name="Algorithm">The algorithm.</param>
/// <param name="Schedule">The schedule.</param>
/// <param name="Lanes">Vector schedule: fp32 lanes of the vector registers that the kernels are compiled for.</param>
/// <param name="Splits">Into how many ranges the keys are split; 1 but for split-KV.</param>
/// <param name="SplitLength">Keys of a range.</param>
/// <param name="SplitRows">The most rows a kv head of a sequence whose keys are split.</param>
/// <param name="WorkspaceLength">Elements of the workspace that kernels share.</param>
/// <param name="Reasons">A line for each candidate: taken or not, and why.</param>
internal sealed record PlanDecision(
    AttentionAlgorithm Algorithm,
    KernelSchedule Schedule,
    int Lanes,
    int Splits,
    int SplitLength,
    int SplitRows,
    long WorkspaceLength,
    IReadOnlyList<string> Reasons)
{
    /// <summary>The most partial states of a row; as many as splits, unless said otherwise.</summary>
    public int States { get; init; } = Splits;

    /// <summary>The most query tokens of an item of work.</summary>
    public required int ItemQueries { get; init; }

    /// <summary>The most queries of a sequence whose keys are split.</summary>
    public int SplitQueries(AttentionProblem problem) => SplitQueriesOf(problem, SplitRows);

    /// <inheritdoc cref="SplitQueries"/>
    public static int SplitQueriesOf(AttentionProblem problem, int splitRows) =>
        Math.Min(problem.MaximumQueries, splitRows / (problem.Heads / problem.KeyValueHeads));
}
