/** What the consumers of the many-to-many programs print, in whatever order. */
export const expected = [
  '[consumer of americas/north/#] received Berkeley update for topic americas/north/us/ca/berkeley',
  '[consumer of americas/north/#] received New York update for topic americas/north/us/ny/newyork',
  '[consumer of americas/north/#] received San Diego update for topic americas/north/us/ca/sandiego',
  '[consumer of americas/north/#] received San Francisco update for topic americas/north/us/ca/sanfrancisco',
  '[consumer of americas/north/us/ca/+] received Berkeley update for topic americas/north/us/ca/berkeley',
  '[consumer of americas/north/us/ca/+] received San Diego update for topic americas/north/us/ca/sandiego',
  '[consumer of americas/north/us/ca/+] received San Francisco update for topic americas/north/us/ca/sanfrancisco',
  '[consumer of americas/south/#] received São Paolo update for topic americas/south/brazil/saopaolo',
  '[consumer of asia/southeast/#] received Hong Kong update for topic asia/southeast/hk/hongkong',
  '[consumer of asia/southeast/#] received Kyoto update for topic asia/southeast/japan/kyoto',
  '[consumer of asia/southeast/#] received Shanghai update for topic asia/southeast/prc/shanghai',
  '[consumer of asia/southeast/hk/+] received Hong Kong update for topic asia/southeast/hk/hongkong',
  '[consumer of europe/italy/rome] received Rome update for topic europe/italy/rome',
]
