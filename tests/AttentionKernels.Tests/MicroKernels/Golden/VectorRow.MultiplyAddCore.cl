{
    // VectorRow.MultiplyAddCore
    global float* accumulator = var0;
    const float factor = as_float(0x40000000u);
    global float* row = var1;
    const int count = var2;
    int i = 0;
    for (; i + 8 <= count; i += 8)
    vstore8(
    fma((float8)factor, vload8(0, row + i), vload8(0, accumulator + i)), 0, accumulator + i);
    for (; i < count; i++) accumulator[i] = fma(factor, row[i], accumulator[i]);
}
