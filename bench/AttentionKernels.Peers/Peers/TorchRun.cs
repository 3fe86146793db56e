using TorchSharp;

using static TorchSharp.torch;

namespace AttentionKernels.Peers.Peers;

/// <summary>An operation in TorchSharp.</summary>
/// <param name="toLibraryLayout">Brings a result into the library's layout.</param>
internal sealed class TorchRun(Func<Tensor, Tensor>? toLibraryLayout = null) : PreparedRun
{
    private readonly List<Func<Tensor>> _steps = [];

    /// <summary>Makes a tensor of host data.</summary>
    public Tensor Upload(float[] elements, params long[] shape) => Own(tensor(elements, shape));

    /// <summary>Makes a tensor of host data [batch, tokens, heads, headDim], dense as [batch, heads, tokens, headDim].</summary>
    public Tensor UploadHeadsFirst(float[] elements, params long[] shape)
    {
        using Tensor uploaded = tensor(elements, shape);
        using Tensor view = uploaded.transpose(1, 2);
        return Own(view.contiguous());
    }

    /// <summary>Makes a tensor of complex numbers.</summary>
    public Tensor UploadComplex(float[] real, float[] imaginary, params long[] shape)
    {
        using Tensor realPart = tensor(real, shape), imaginaryPart = tensor(imaginary, shape);
        return Own(complex(realPart, imaginaryPart));
    }

    /// <summary>Adds a copy of the operands: what computes from them.</summary>
    public void Add(Func<Tensor> step) => _steps.Add(step);

    /// <inheritdoc/>
    public override void Run(int copy)
    {
        using DisposeScope scope = NewDisposeScope();
        _steps[copy]();
    }

    /// <inheritdoc/>
    public override float[]? Result()
    {
        if (toLibraryLayout is null)
            return null;
        using DisposeScope scope = NewDisposeScope();
        return toLibraryLayout(_steps[0]()).contiguous().data<float>().ToArray();
    }
}
