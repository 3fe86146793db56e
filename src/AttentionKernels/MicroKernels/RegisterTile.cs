using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>Four numbers in registers. Passed and returned by value, since a reference to a local is a slot of stack memory.</summary>
internal readonly struct RegisterRow
{
    public readonly float A;
    public readonly float B;
    public readonly float C;
    public readonly float D;

    public RegisterRow(float a, float b, float c, float d)
    {
        A = a;
        B = b;
        C = c;
        D = d;
    }

    /// <summary>Four numbers of memory, a stride apart.</summary>
    public static RegisterRow Load(ArrayView<float> source, int first, int stride) =>
        new(source[first], source[first + stride], source[first + (2 * stride)], source[first + (3 * stride)]);

    /// <summary>this·factor.</summary>
    public RegisterRow Scale(float factor) => new(A * factor, B * factor, C * factor, D * factor);

    /// <summary>this / divisor.</summary>
    public RegisterRow Divide(float divisor) => new(A / divisor, B / divisor, C / divisor, D / divisor);

    /// <summary>−this.</summary>
    public RegisterRow Negate() => new(-A, -B, -C, -D);

    /// <summary>this·other, number by number.</summary>
    public RegisterRow Multiply(RegisterRow other) => new(A * other.A, B * other.B, C * other.C, D * other.D);

    /// <summary>this + other.</summary>
    public RegisterRow Add(RegisterRow other) => new(A + other.A, B + other.B, C + other.C, D + other.D);

    /// <summary>What the additions this + term have rounded away.</summary>
    public RegisterRow RoundedAway(RegisterRow term, RegisterRow sum)
    {
        RegisterRow added = sum.Add(Negate());
        return Add(sum.Add(added.Negate()).Negate()).Add(term.Add(added.Negate()));
    }

    /// <summary>The sum of all.</summary>
    public float Sum() => A + B + C + D;

    /// <summary>A + B + (C + D).</summary>
    public float PairwiseSum() => A + B + (C + D);

    /// <summary>this + factor·row, each with one rounding.</summary>
    public RegisterRow MultiplyAdd(float factor, RegisterRow row) => new(
        FusedMultiplyAdd.Fma(factor, row.A, A),
        FusedMultiplyAdd.Fma(factor, row.B, B),
        FusedMultiplyAdd.Fma(factor, row.C, C),
        FusedMultiplyAdd.Fma(factor, row.D, D));

    /// <summary>this + left·right, number by number, each with one rounding.</summary>
    public RegisterRow MultiplyAdd(RegisterRow left, RegisterRow right) => new(
        FusedMultiplyAdd.Fma(left.A, right.A, A),
        FusedMultiplyAdd.Fma(left.B, right.B, B),
        FusedMultiplyAdd.Fma(left.C, right.C, C),
        FusedMultiplyAdd.Fma(left.D, right.D, D));

    /// <summary>sum + this·row, the dot product, term by term in their order, each with one rounding.</summary>
    public float Dot(RegisterRow row, float sum) => FusedMultiplyAdd.Fma(
        row.D, D, FusedMultiplyAdd.Fma(row.C, C, FusedMultiplyAdd.Fma(row.B, B, FusedMultiplyAdd.Fma(row.A, A, sum))));
}

/// <summary>A 4 × 4 tile in registers: the share of one thread in a product of tiles.</summary>
internal readonly struct RegisterTile
{
    public readonly RegisterRow Row0;
    public readonly RegisterRow Row1;
    public readonly RegisterRow Row2;
    public readonly RegisterRow Row3;

    public RegisterTile(RegisterRow row0, RegisterRow row1, RegisterRow row2, RegisterRow row3)
    {
        Row0 = row0;
        Row1 = row1;
        Row2 = row2;
        Row3 = row3;
    }

    /// <summary>this + other.</summary>
    public RegisterTile Add(RegisterTile other) =>
        new(Row0.Add(other.Row0), Row1.Add(other.Row1), Row2.Add(other.Row2), Row3.Add(other.Row3));

    /// <summary>Each row times its factor.</summary>
    public RegisterTile Scale(RegisterRow factors) =>
        new(Row0.Scale(factors.A), Row1.Scale(factors.B), Row2.Scale(factors.C), Row3.Scale(factors.D));

    /// <summary>this + columnᵀ·row.</summary>
    public RegisterTile MultiplyAdd(RegisterRow column, RegisterRow row) => new(
        Row0.MultiplyAdd(column.A, row), Row1.MultiplyAdd(column.B, row), Row2.MultiplyAdd(column.C, row), Row3.MultiplyAdd(column.D, row));
}
