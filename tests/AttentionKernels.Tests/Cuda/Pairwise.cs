namespace AttentionKernels.Tests.Cuda;

/// <summary>Few combinations of the values of several factors that have every possible pair of values.</summary>
/// <remarks>
/// Cohen, Dalal, Fredman and Patton, "The AETG system: an approach to testing based on combinatorial design", 1997: a fault is nearly always
/// one of a value or of two. Greedy and without chance: the next row is the first one that has most pairs that no row before it has.
/// </remarks>
internal static class Pairwise
{
    /// <summary>All combinations.</summary>
    /// <param name="counts">How many values each factor has.</param>
    public static IEnumerable<int[]> All(int[] counts)
    {
        IEnumerable<int[]> rows = [[]];
        foreach (int count in counts)
            rows = rows.SelectMany(head => Enumerable.Range(0, count).Select(value => (int[])[.. head, value]));
        return rows;
    }

    /// <summary>The rows, of each factor the index of its value.</summary>
    /// <param name="counts">How many values each factor has.</param>
    /// <param name="isPossible">Whether there is such a combination.</param>
    public static IEnumerable<int[]> Rows(int[] counts, Func<int[], bool> isPossible)
    {
        // Values are numbered through all factors.
        int all = counts.Sum();
        int[] firsts = [.. counts.Select((_, factor) => counts.Take(factor).Sum())];
        bool[] isCovered = new bool[all * all];
        List<int[]> left = [.. All(counts).Where(isPossible)];
        while (true)
        {
            left.RemoveAll(row => NewPairs(row) == 0);
            if (left.Count == 0)
                yield break;
            int[] next = left.MaxBy(NewPairs)!;
            yield return next;
            foreach (int pair in Pairs(next))
                isCovered[pair] = true;
        }

        int NewPairs(int[] row)
        {
            int count = 0;
            for (int first = 0; first < row.Length; first++)
            {
                int start = (firsts[first] + row[first]) * all;
                for (int second = first + 1; second < row.Length; second++)
                    count += isCovered[start + firsts[second] + row[second]] ? 0 : 1;
            }

            return count;
        }

        IEnumerable<int> Pairs(int[] row) =>
            from first in Enumerable.Range(0, row.Length)
            from second in Enumerable.Range(first + 1, row.Length - first - 1)
            select ((firsts[first] + row[first]) * all) + firsts[second] + row[second];
    }
}
