using AttentionKernels.Peers.Operations;

namespace AttentionKernels.Peers;

/// <summary>An operation made ready by somebody: operands where they have to be, kernels compiled. It owns what it was made from.</summary>
internal abstract class PreparedRun : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();

    /// <summary>Runs the operation once, and waits for the result.</summary>
    /// <param name="copy">Which copy of the operands to use, from 0 to <see cref="IOperation.Copies"/> − 1.</param>
    public abstract void Run(int copy);

    /// <summary>
    /// The result on copy 0, which has been run, in the library's layout; <see langword="null"/> where there is none to compare.
    /// </summary>
    public virtual float[]? Result() => null;

    /// <summary>Frees what is owned, last made first.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? item))
            item.Dispose();
    }

    /// <summary>Takes something over, to be disposed with this.</summary>
    protected T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Push(item);
        return item;
    }
}
