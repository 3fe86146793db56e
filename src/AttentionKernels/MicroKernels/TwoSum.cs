namespace AttentionKernels.MicroKernels;

/// <summary>An addition in every lane that keeps what it rounds away.</summary>
/// <remarks>Knuth, "The Art of Computer Programming", volume 2, 4.2.2. It consists of additions alone, so no compiler can contract it to
/// something else; in OpenCL C the term is a statement of its own, whatever it is.</remarks>
internal static class TwoSum
{
    /// <summary>Adds a term to a sum, and what that rounds away to an error, as OpenCL C: a block, of variables of a type.</summary>
    public static string OpenCl(string type, string term, string sum, string error) => $$"""
        {
            const {{type}} term = {{term}}, next = {{sum}} + term, added = next - {{sum}};
            {{error}} = {{error}} + (({{sum}} - (next - added)) + (term - added));
            {{sum}} = next;
        }
        """;
}
