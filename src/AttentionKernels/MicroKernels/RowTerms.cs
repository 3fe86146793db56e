namespace AttentionKernels;

/// <summary>What a score formula needs to know about a row, one query of one head: up to four numbers, of its own choice.</summary>
public readonly struct RowTerms
{
    /// <summary>How many terms there are.</summary>
    internal const int Count = 4;

    /// <summary>Makes the terms of a row.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="c">The third.</param>
    /// <param name="d">The fourth.</param>
    public RowTerms(float a, float b = 0f, float c = 0f, float d = 0f)
    {
        A = a;
        B = b;
        C = c;
        D = d;
    }

    /// <summary>The first.</summary>
    public float A { get; }

    /// <summary>The second.</summary>
    public float B { get; }

    /// <summary>The third.</summary>
    public float C { get; }

    /// <summary>The fourth.</summary>
    public float D { get; }
}

/// <summary>The terms of a row as the formula gets them: as numbers of the kind that it computes with.</summary>
/// <typeparam name="T">The kind of number.</typeparam>
public readonly struct RowTerms<T>
    where T : struct, IScoreNumber<T>
{
    /// <summary>Makes the terms of a row, for a formula that another one calls.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="c">The third.</param>
    /// <param name="d">The fourth.</param>
    public RowTerms(T a, T b = default, T c = default, T d = default)
    {
        A = a;
        B = b;
        C = c;
        D = d;
    }

    /// <summary>The first.</summary>
    public T A { get; }

    /// <summary>The second.</summary>
    public T B { get; }

    /// <summary>The third.</summary>
    public T C { get; }

    /// <summary>The fourth.</summary>
    public T D { get; }
}
