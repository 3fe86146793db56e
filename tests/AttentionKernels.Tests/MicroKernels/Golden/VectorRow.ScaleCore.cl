{
    // VectorRow.ScaleCore
    global float* target = var0;
    const float factor = as_float(0x40000000u);
    global float* row = var1;
    const int count = var2;
    int i = 0;
    for (; i + 8 <= count; i += 8)
    vstore8(factor * vload8(0, row + i), 0, target + i);
    for (; i < count; i++) target[i] = factor * row[i];
}
