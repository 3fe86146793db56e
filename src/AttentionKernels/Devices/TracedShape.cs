using System.Globalization;
using System.Text;

namespace AttentionKernels.Devices;

/// <summary>What a call computed, as far as the benchmarks tell calls apart: how many of what, and how it is stored.</summary>
/// <remarks>Attention has all sizes; rows, as those of norms, are <see cref="Queries"/> of a <see cref="Dimension"/>; rotary embedding has
/// tokens, which are <see cref="Queries"/>, heads and a dimension.</remarks>
/// <param name="Operation">The operation; attention where <see langword="null"/>.</param>
/// <param name="Queries">Queries of a sequence, rows or tokens.</param>
/// <param name="Dimension">Elements of a head or a row.</param>
/// <param name="Type">How numbers are stored: of attention, those of keys.</param>
internal readonly record struct TracedShape(string? Operation, long Queries, long Dimension, string Type)
{
    /// <summary>Sequences; 0 where there are none to tell apart.</summary>
    public int Batch { get; init; }

    /// <summary>Heads; 0 of rows.</summary>
    public int Heads { get; init; }

    /// <summary>Kv heads.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Keys of a sequence.</summary>
    public int Keys { get; init; }

    /// <summary>Tokens of a page; 0 where there are no pages.</summary>
    public int PageSize { get; init; }

    /// <summary>Which keys count: the benchmarks' word for it.</summary>
    public string? Mask { get; init; }

    /// <summary>In what the plan differs from what these words say; empty where it does not.</summary>
    public string Remark { get; init; } = "";

    /// <summary>Which lengths these are.</summary>
    public TracedLengths Lengths { get; init; }

    /// <summary>Whether tokens in common are attended to once for all sequences.</summary>
    public bool Cascades { get; init; }

    /// <summary>Whether the benchmarks can measure it.</summary>
    public bool IsMeasured { get; init; } = true;

    /// <summary>The line for so many calls: <c>heads=32/8 queries=1 keys=4096 dim=128 mask=causal dtype=fp16 count=12</c>, and behind a
    /// <c>#</c> the remark. What cannot be measured is a comment as a whole.</summary>
    public string Line(long count)
    {
        var text = new StringBuilder(IsMeasured ? "" : "# ");
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (Operation is { } operation)
        {
            text.Append(invariant, $"op={operation} ");
            if (Heads > 0)
                text.Append(invariant, $"tokens={Queries} heads={Heads} dim={Dimension}");
            else
                text.Append(invariant, $"rows={Queries} hidden={Dimension}");
        }
        else
        {
            text.Append(invariant, $"heads={Heads}/{KeyValueHeads} queries={Queries} keys={Keys} dim={Dimension}");
            text.Append(invariant, $" batch={Batch} mask={Mask}");
            if (PageSize > 0)
                text.Append(invariant, $" pages={PageSize}");
        }

        text.Append(invariant, $" dtype={Type} count={count}");
        string[] remarks =
        [
            Remark,
            Lengths switch
            {
                TracedLengths.Means => "lengths differed, these are means",
                TracedLengths.Most => "only the device knew the keys, these are the most",
                _ => "",
            },
            Cascades ? "tokens in common were attended to once" : "",
        ];
        string remark = string.Join("; ", remarks.Where(part => part.Length > 0));
        return remark.Length == 0 ? text.ToString() : text.Append(invariant, $" # {remark}").ToString();
    }
}

/// <summary>Which lengths stand for those of all sequences.</summary>
internal enum TracedLengths
{
    /// <summary>All have these.</summary>
    Same,

    /// <summary>They differ; these are the means, rounded up.</summary>
    Means,

    /// <summary>Those of keys are not known to the host; these are the most that there may be.</summary>
    Most,
}
