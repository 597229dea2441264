const products = [
  { name: 'Stoneware mug', sku: 'CE-1042', category: 'Ceramics', price: 24, stock: 85, live: true, description: 'Wheel-thrown, 300 ml, dishwasher safe.' },
  { name: 'Linen table runner', sku: 'TX-2210', category: 'Textiles', price: 48, stock: 12, live: true, description: 'Washed European linen, 45 × 180 cm.' },
  { name: 'Walnut serving board', sku: 'KI-3307', category: 'Kitchen', price: 62, stock: 0, live: false, description: 'Oiled walnut with a leather loop.' },
  { name: 'Paper pendant lamp', sku: 'LI-4015', category: 'Lighting', price: 110, stock: 7, live: true, description: 'Folded washi on a steel ring.' },
];
let current = products[1];

const $ = id => document.getElementById(id);
const icon = name => `<svg aria-hidden="true"><use href="#icon-${name}"/></svg>`;

function draw() {
  $('rows').replaceChildren(...products.map(product => {
    const row = document.createElement('tr');
    row.className = product === current ? 'current' : '';
    row.innerHTML = `<td>${product.name}</td><td>${product.sku}</td><td>€ ${product.price.toFixed(2)}</td>
      <td>${product.stock || 'Sold out'}</td><td><span class="pill ${product.live ? 'live' : ''}">${product.live ? 'Live' : 'Draft'}</span></td>
      <td><div class="row-actions"><button type="button">Edit</button><button type="button" aria-label="Delete ${product.name}">${icon('trash')}</button></div></td>`;
    const [edit, remove] = row.querySelectorAll('button');
    edit.addEventListener('click', () => load(product));
    remove.addEventListener('click', () => ask(product));
    return row;
  }));
}

function load(product) {
  current = product;
  $('form-heading').textContent = `Edit ${product.name}`;
  for (const field of ['name', 'sku', 'category', 'stock', 'description']) $(field).value = product[field];
  $('price').value = product.price;
  $('published').checked = product.live;
  count();
  draw();
}

function ask(product) {
  $('confirm-name').textContent = product.name;
  $('really').onclick = () => {
    products.splice(products.indexOf(product), 1);
    $('confirm').close();
    draw();
    toast(`${product.name} was deleted`);
  };
  $('confirm').showModal();
}

function toast(text) {
  $('toast').textContent = text;
  $('toast').hidden = false;
  setTimeout(() => { $('toast').hidden = true; }, 4000);
}

function count() {
  $('left').textContent = 500 - $('description').value.length;
}

$('keep').addEventListener('click', () => $('confirm').close());
$('description').addEventListener('input', count);
$('product').addEventListener('submit', event => {
  event.preventDefault();
  $('name-error').hidden = !!$('name').value.trim();
  if (!$('name').value.trim()) return $('name').focus();
  for (const field of ['name', 'sku', 'category', 'description']) current[field] = $(field).value;
  Object.assign(current, { stock: Number($('stock').value), price: $('price').value, live: $('published').checked });
  draw();
  toast('Product saved');
});
$('product').addEventListener('reset', event => { event.preventDefault(); load(current); });
$('add').addEventListener('click', () => {
  products.push({ name: '', sku: '', category: 'Ceramics', price: 0, stock: 0, live: false, description: '' });
  load(products.at(-1));
});
$('export').addEventListener('click', () => {
  const lines = ['sku,name,price', ...products.map(p => `${p.sku},${p.name},${p.price}`)];
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob([lines.join('\n')], { type: 'text/csv' })), download: 'products.csv' });
  link.click();
});
load(current);
