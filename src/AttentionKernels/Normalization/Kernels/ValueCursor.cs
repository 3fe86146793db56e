using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Where a thread of a work group stands among values that are normalised together: at t, t+128, …, without a division a
/// step.</summary>
internal struct ValueCursor
{
    private int _place;
    private int _planesPerStep;
    private int _placesPerStep;

    /// <summary>The offset of the value.</summary>
    public long Offset { get; private set; }

    /// <summary>The plane of the value.</summary>
    public int Plane { get; private set; }

    /// <summary>The thread's first value.</summary>
    public static ValueCursor Start(NormalizedValues values)
    {
        int plane = Group.IdxX / values.PlaneLength;
        int place = Group.IdxX % values.PlaneLength;
        return new ValueCursor
        {
            Plane = plane,
            _place = place,
            _planesPerStep = GroupSum.Threads / values.PlaneLength,
            _placesPerStep = GroupSum.Threads % values.PlaneLength,
            Offset = values.First + (plane * values.PlaneStride) + place,
        };
    }

    /// <summary>Whether there is a value.</summary>
    public readonly bool IsWithin(NormalizedValues values) => Plane < values.Planes;

    /// <summary>Goes on to the thread's next value.</summary>
    public void Advance(NormalizedValues values)
    {
        Plane += _planesPerStep;
        _place += _placesPerStep;
        if (_place >= values.PlaneLength)
        {
            _place -= values.PlaneLength;
            Plane++;
        }

        Offset = values.First + (Plane * values.PlaneStride) + _place;
    }
}
